WITH built AS (
    SELECT source_table, batch_id, source_amount, accepted_amount, quarantined_amount
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE source_amount <> accepted_amount + quarantined_amount
    OR (source_amount IS NULL OR accepted_amount IS NULL OR quarantined_amount IS NULL)
        AND source_table <> 'date_dim'
