WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT metric, currency, status, loyalty_customers, treated_customers
FROM built
WHERE treated_customers > loyalty_customers
    OR (status IN ('identified', 'not_identified') AND treated_customers < 30)
