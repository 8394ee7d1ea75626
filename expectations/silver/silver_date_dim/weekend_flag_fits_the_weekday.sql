WITH built AS (
    SELECT calendar_date, day_of_week, is_weekend
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE is_weekend <> (DAY_OF_WEEK(calendar_date) IN (6, 7))
