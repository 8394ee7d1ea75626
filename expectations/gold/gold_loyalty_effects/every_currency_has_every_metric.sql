{% import "macros/customer_days.sql" as customer_days with context %}
WITH built AS (
    SELECT currency, COUNT(*) AS metrics
    FROM {{ batch }}
    GROUP BY currency
),
days AS (
    SELECT currency
    FROM {{ published }}.gold_customer_totals_before_cutoff
    WHERE cutoff_date = {{ cutoff_date }}
    UNION ALL
    {{ customer_days.since_cutoff("currency") }}
),
ordered AS (
    SELECT DISTINCT currency
    FROM days
)
SELECT ordered.currency, built.metrics
FROM ordered
LEFT JOIN built
    ON built.currency = ordered.currency
WHERE COALESCE(built.metrics, 0) <> 4
