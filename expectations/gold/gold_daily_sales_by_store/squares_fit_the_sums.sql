WITH built AS (
    SELECT
        restaurant_id,
        currency,
        order_date,
        items,
        refund_amount,
        CAST(net_sales AS DOUBLE) AS net_sales,
        net_sales_squared
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE net_sales_squared IS NULL
    OR net_sales_squared < 0
    OR refund_amount = 0 AND net_sales_squared * items < 0.999999 * net_sales * net_sales
