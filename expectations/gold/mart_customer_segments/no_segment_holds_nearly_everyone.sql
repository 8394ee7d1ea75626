WITH built AS (
    SELECT segment, COUNT(*) AS customers
    FROM {{ batch }}
    GROUP BY segment
),
totals AS (
    SELECT SUM(customers) AS all_customers
    FROM built
)
SELECT built.segment, built.customers, totals.all_customers
FROM built
CROSS JOIN totals
WHERE totals.all_customers >= 100
    AND built.customers > 0.95 * totals.all_customers
