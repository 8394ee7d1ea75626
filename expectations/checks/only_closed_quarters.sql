-- about: Rows of a quarter that is not over on the process date.
-- why: the days of the current quarter are read from gold_customer_day: here they would count twice
WITH built AS (
    SELECT quarter, COUNT(*) AS row_count
    FROM {{ batch }}
    GROUP BY quarter
)
SELECT *
FROM built
WHERE quarter >= DATE_TRUNC('quarter', {{ process_date }})
