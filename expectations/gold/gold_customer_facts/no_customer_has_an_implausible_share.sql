WITH built AS (
    SELECT app_name, user_id, currency, orders
    FROM {{ batch }}
),
totals AS (
    SELECT currency, SUM(orders) AS all_orders, COUNT(*) AS customers
    FROM built
    GROUP BY currency
)
SELECT built.*, all_orders, customers, CAST(orders AS DOUBLE) / all_orders AS order_share
FROM built
INNER JOIN totals
    ON totals.currency = built.currency
WHERE orders > 0.05 * all_orders
    AND orders * customers > 20 * all_orders
