WITH built AS (
    SELECT source_table, batch_id, source_rows, accepted_rows
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE source_table = 'order_items'
    AND accepted_rows = 0
