WITH built AS (
    SELECT model_status, value_status, COUNT(*) AS customers
    FROM {{ batch }}
    GROUP BY model_status, value_status
)
SELECT model_status, value_status, customers
FROM built
WHERE model_status <> 'validated'
    OR value_status <> 'validated'
