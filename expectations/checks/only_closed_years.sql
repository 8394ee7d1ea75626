-- about: Rows of a year when the year after it is not over on the process date.
-- why: the later years are counted from customer days: here they would count twice
WITH built AS (
    SELECT year, COUNT(*) AS row_count
    FROM {{ batch }}
    GROUP BY year
)
SELECT *
FROM built
WHERE year > DATE_ADD('year', -2, DATE_TRUNC('year', {{ process_date }}))
