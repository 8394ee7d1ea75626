WITH built AS (
    SELECT metric, denominator, COUNT(*) AS row_count
    FROM {{ batch }}
    GROUP BY 1, 2
)
SELECT *
FROM built
WHERE denominator <> CASE WHEN metric IN ('net_sales', 'orders', 'aov') THEN 'guests in' ELSE 'guests out' END
