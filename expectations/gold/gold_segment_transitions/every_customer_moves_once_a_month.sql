{% import "macros/customer_days.sql" as customer_days with context %}
WITH built AS (
    SELECT currency, to_month_end, SUM(customers) AS customers
    FROM {{ batch }}
    GROUP BY currency, to_month_end
),
days AS (
    SELECT app_name, user_id, currency, first_order_date AS order_date
    FROM {{ published }}.gold_customer_totals_before_cutoff
    WHERE cutoff_date = {{ cutoff_date }}
    UNION ALL
    {{ customer_days.since_cutoff("app_name, user_id, currency, order_date") }}
),
customers AS (
    SELECT app_name, user_id, currency, MIN(order_date) AS first_order_date
    FROM days
    GROUP BY app_name, user_id, currency
)
SELECT
    built.currency,
    built.to_month_end,
    built.customers,
    COUNT(customers.user_id) AS customers_of_the_days
FROM built
LEFT JOIN customers
    ON customers.currency = built.currency
    AND customers.first_order_date <= built.to_month_end
GROUP BY built.currency, built.to_month_end, built.customers
HAVING COUNT(customers.user_id) <> built.customers
