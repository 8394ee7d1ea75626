{% import "macros/customer_days.sql" as customer_days with context %}
WITH built AS (
    SELECT currency, 1 AS customers
    FROM {{ batch }}
),
active_days AS (
    SELECT app_name, user_id, currency
    FROM {{ published }}.gold_customer_totals_before_cutoff
    WHERE cutoff_date = {{ cutoff_date }}
        AND active_days > 0
    UNION ALL
    {{ customer_days.since_cutoff("app_name, user_id, currency", "items > 0") }}
),
ordered AS (
    SELECT DISTINCT app_name, user_id, currency
    FROM active_days
)
SELECT currency, SUM(customers) AS customers_difference
FROM (
    SELECT currency, customers
    FROM built
    UNION ALL
    SELECT currency, -1 AS customers
    FROM ordered
) AS both_sides
GROUP BY currency
HAVING SUM(customers) <> 0
