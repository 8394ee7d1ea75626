WITH built AS (
    SELECT source_table, source_id, reasons
    FROM {{ batch }}
),
listed AS (
    SELECT built.source_table, built.source_id, entry.reason
    FROM built
    CROSS JOIN UNNEST(built.reasons) AS entry (reason)
)
SELECT source_table, source_id, 'no reason' AS reason
FROM built
WHERE COALESCE(CARDINALITY(reasons), 0) = 0
UNION ALL
SELECT source_table, source_id, reason
FROM listed
WHERE reason NOT IN ({{ quarantine_reasons | sql_list }})
