-- about: Days after the process date.
-- why: only complete days reach gold
WITH built AS (
    SELECT order_date, COUNT(*) AS row_count
    FROM {{ batch }}
    GROUP BY order_date
)
SELECT *
FROM built
WHERE order_date > {{ process_date }}
