WITH built AS (
    SELECT calendar_date, year, is_generated
    FROM {{ batch }}
),
years AS (
    SELECT year, COUNT(*) AS days, MIN(calendar_date) AS first_day, MAX(calendar_date) AS last_day
    FROM built
    GROUP BY year
    HAVING BOOL_OR(is_generated)
)
SELECT year, days, first_day, last_day
FROM years
WHERE MONTH(first_day) <> 1
    OR DAY(first_day) <> 1
    OR MONTH(last_day) <> 12
    OR DAY(last_day) <> 31
    OR days <> DATE_DIFF('day', first_day, last_day) + 1
