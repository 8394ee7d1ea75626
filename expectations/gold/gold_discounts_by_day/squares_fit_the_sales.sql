WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    restaurant_id,
    order_date,
    discounted_net_sales,
    discounted_net_sales_squared,
    full_price_net_sales,
    full_price_net_sales_squared
FROM built
WHERE discounted_net_sales_squared < 0
    OR full_price_net_sales_squared < 0
    OR discounted_net_sales <> 0 AND discounted_net_sales_squared = 0
    OR full_price_net_sales <> 0 AND full_price_net_sales_squared = 0
