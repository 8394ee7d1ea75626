WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT model, currency, status, reason
FROM built
WHERE reason IS NULL
    OR reason = ''
