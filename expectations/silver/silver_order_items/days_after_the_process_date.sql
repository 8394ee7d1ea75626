WITH built AS (
    SELECT order_date, COUNT(*) AS line_count
    FROM {{ batch }}
    GROUP BY order_date
)
SELECT order_date, line_count
FROM built
WHERE order_date > {{ process_date }}
