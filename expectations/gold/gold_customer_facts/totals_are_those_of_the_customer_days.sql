{% import "macros/customer_days.sql" as customer_days with context %}
WITH built AS (
    SELECT currency, net_sales, orders
    FROM {{ batch }}
),
days AS (
    SELECT app_name, user_id, currency, net_sales, orders, items
    FROM {{ published }}.gold_customer_totals_before_cutoff
    WHERE cutoff_date = {{ cutoff_date }}
    UNION ALL
    {{ customer_days.since_cutoff("app_name, user_id, currency, net_sales, orders, items") }}
),
customers AS (
    SELECT currency, -SUM(net_sales) AS net_sales, -SUM(orders) AS orders
    FROM days
    GROUP BY app_name, user_id, currency
    HAVING SUM(items) > 0
)
SELECT currency, SUM(net_sales) AS net_sales_difference, SUM(orders) AS orders_difference
FROM (
    SELECT *
    FROM built
    UNION ALL
    SELECT *
    FROM customers
) AS both_sides
GROUP BY currency
HAVING SUM(net_sales) <> 0
    OR SUM(orders) <> 0
