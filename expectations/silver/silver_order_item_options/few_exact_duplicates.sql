WITH built AS (
    SELECT
        order_id,
        lineitem_id,
        option_group_name,
        option_name,
        option_price,
        option_quantity,
        COUNT(*) AS copies
    FROM {{ batch }}
    GROUP BY 1, 2, 3, 4, 5, 6
),
totals AS (
    SELECT SUM(copies) AS option_rows, SUM(copies - 1) AS repeated_rows
    FROM built
)
SELECT option_rows, repeated_rows
FROM totals
WHERE option_rows >= 100
    AND repeated_rows > 0.05 * option_rows
