WITH built AS (
    SELECT source_id, created_at, order_date
    FROM {{ batch }}
)
SELECT source_id, created_at, order_date
FROM built
WHERE ABS(DATE_DIFF('day', CAST(created_at AS DATE), order_date)) > 1
