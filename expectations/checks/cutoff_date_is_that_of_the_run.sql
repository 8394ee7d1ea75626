-- about: Rows of another cut-off date than the run's.
-- why: totals before the cut-off date and the days since then must not overlap
WITH built AS (
    SELECT cutoff_date, COUNT(*) AS row_count
    FROM {{ batch }}
    GROUP BY cutoff_date
)
SELECT *
FROM built
WHERE cutoff_date <> {{ cutoff_date }}
