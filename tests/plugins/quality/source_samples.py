"""Sound rows of bronze, silver, quarantine and ledger as DuckDB SQL, for the rules that look at their values."""

from __future__ import annotations

SOUND = {
    "bronze_order_items": """
        SELECT '1' AS id, '2023-03-08 11:03:32.223+00' AS creation_time_utc, '5.99' AS item_price,
            '1' AS item_quantity, 'b1' AS batch_id
        UNION ALL SELECT '2', '2023-03-08T11:03:32Z', '0', '500', 'b1'""",
    "bronze_order_item_options": """
        SELECT '1' AS id, '0.50' AS option_price, '1' AS option_quantity, 'b1' AS batch_id""",
    "bronze_date_dim": "SELECT '1' AS id, '31-01-2023' AS date_key, 'b1' AS batch_id",
    "silver_order_items": """
        SELECT 1 AS source_id, TIMESTAMP '2024-01-11 02:00:00' AS created_at, DATE '2024-01-10' AS order_date,
            CAST(10 AS decimal(18, 4)) AS item_amount, CAST(2 AS decimal(18, 4)) AS options_revenue,
            CAST(12 AS decimal(18, 4)) AS gross_sales, CAST(1 AS decimal(18, 4)) AS discount_amount,
            CAST(0 AS decimal(18, 4)) AS refund_amount, CAST(11 AS decimal(18, 4)) AS net_sales, false AS is_refund,
            'USD' AS currency, false AS is_test, 'Bakery' AS item_category,
            'store-a' AS restaurant_id, 'bagel' AS item_key, 1 AS item_quantity,
            CAST(10 AS decimal(18, 4)) AS item_price, 20 AS order_hour, 'o1' AS order_id, 'l1' AS lineitem_id""",
    "silver_order_item_options": """
        SELECT 1 AS source_id, 'o' AS order_id, 'l' AS lineitem_id, 'Size' AS option_group_name,
            'Large' AS option_name, CAST(0.5 AS decimal(18, 4)) AS option_price, 2 AS option_quantity,
            CAST(1 AS decimal(18, 4)) AS option_amount, DATE '2024-01-10' AS order_date""",
    "silver_date_dim": """
        SELECT CAST(day AS date) AS calendar_date, 2023 AS year, month(day) AS month, week(day) AS week,
            dayname(day) AS day_of_week, isodow(day) >= 6 AS is_weekend, day = '2023-01-01' AS is_holiday,
            IF(day = '2023-01-01', 'New Year', NULL) AS holiday_name, day > '2023-01-31' AS is_generated
        FROM range(DATE '2023-01-01', DATE '2024-01-01', INTERVAL 1 DAY) AS days (day)""",
    "quarantine": """
        SELECT 'order_items' AS source_table, 1 AS source_id, 'o1' AS order_id,
            ['duplicate_line', 'unparseable_item_price'] AS reasons""",
    "row_ledger": """
        SELECT table_name AS source_table, 'b1' AS batch_id, 10 AS source_rows, 10 AS accepted_rows,
            0 AS quarantined_rows, 10 AS database_rows_min, 10 AS database_rows_max,
            CASE WHEN table_name <> 'date_dim' THEN 95::DECIMAL(28, 4) END AS source_amount,
            CASE WHEN table_name <> 'date_dim' THEN 94::DECIMAL(28, 4) END AS accepted_amount,
            CASE WHEN table_name <> 'date_dim' THEN 1::DECIMAL(28, 4) END AS quarantined_amount,
            CASE WHEN table_name <> 'date_dim' THEN 100::DECIMAL(28, 4) END AS source_absolute_amount,
            CASE WHEN table_name <> 'date_dim' THEN 1::DECIMAL(28, 4) END AS quarantined_absolute_amount,
            CASE WHEN table_name = 'order_items' THEN 'refund' END AS negative_lines_rule,
            CASE WHEN table_name = 'order_items' THEN 4 END AS negative_lines,
            CASE WHEN table_name = 'order_items' THEN 2 END AS negative_lines_explained
        FROM (VALUES ('order_items'), ('order_item_options'), ('date_dim')) AS names (table_name)""",
}
