WITH built AS (
    SELECT calendar_date, is_holiday, holiday_name
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE is_holiday
    AND COALESCE(TRIM(holiday_name), '') = ''
