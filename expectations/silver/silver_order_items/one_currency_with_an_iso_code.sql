WITH built AS (
    SELECT currency, COUNT(*) AS line_count
    FROM {{ batch }}
    WHERE NOT is_test
    GROUP BY currency
)
SELECT currency, line_count
FROM built
WHERE NOT COALESCE(REGEXP_LIKE(currency, '^[A-Z][A-Z][A-Z]$'), FALSE)
    OR (SELECT COUNT(*) FROM built) > 1
