WITH built AS (
    SELECT calendar_date, year, month, week
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE year <> YEAR(calendar_date)
    OR month <> MONTH(calendar_date)
    OR week <> WEEK(calendar_date)
