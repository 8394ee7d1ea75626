WITH built AS (
    SELECT batch_id, COUNT(DISTINCT source_table) AS listed_tables
    FROM {{ batch }}
    GROUP BY batch_id
)
SELECT batch_id, listed_tables
FROM built
WHERE listed_tables <> {{ source_tables | length }}
