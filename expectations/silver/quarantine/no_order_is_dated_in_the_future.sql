WITH built AS (
    SELECT source_table, source_id, order_id, reasons
    FROM {{ batch }}
)
SELECT source_table, source_id, order_id
FROM built
WHERE CONTAINS(reasons, 'future_creation_time')
