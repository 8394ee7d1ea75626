WITH built AS (
    SELECT restaurant_id, item_key, item_quantity, CAST(item_price AS DOUBLE) AS item_price
    FROM {{ batch }}
    WHERE item_quantity IN (1, 2)
        AND item_price > 0
        AND gross_sales = item_amount
        AND discount_amount = 0
        AND NOT is_test
),
item_prices AS (
    SELECT
        restaurant_id,
        item_key,
        APPROX_PERCENTILE(IF(item_quantity = 1, item_price), 0.5) AS price_of_one,
        APPROX_PERCENTILE(IF(item_quantity = 2, item_price), 0.5) AS price_of_two
    FROM built
    GROUP BY restaurant_id, item_key
),
measured AS (
    SELECT
        COUNT(*) AS items,
        APPROX_PERCENTILE(price_of_two / price_of_one, 0.5) AS median_price_ratio
    FROM item_prices
    WHERE price_of_one IS NOT NULL
        AND price_of_two IS NOT NULL
),
judged AS (
    SELECT
        *,
        CASE
            WHEN items < 20 THEN 'insufficient_data'
            WHEN median_price_ratio > 1.75 THEN 'line_total'
            WHEN median_price_ratio < 1.25 THEN 'unit_price'
            ELSE 'unclear'
        END AS supported_basis
    FROM measured
)
SELECT
    {{ price_basis }} AS price_basis,
    supported_basis,
    items,
    ROUND(median_price_ratio, 3) AS median_price_ratio,
    supported_basis IN ('line_total', 'unit_price') AND supported_basis <> {{ price_basis }} AS contradicts_setting
FROM judged
