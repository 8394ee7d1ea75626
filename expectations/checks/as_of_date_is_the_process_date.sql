-- about: Rows as of another date than the run's.
-- why: every figure is as of the run's date, never as of today
WITH built AS (
    SELECT as_of_date, COUNT(*) AS row_count
    FROM {{ batch }}
    GROUP BY as_of_date
)
SELECT *
FROM built
WHERE as_of_date <> {{ process_date }}
