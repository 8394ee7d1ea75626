WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT model, measure, currency, origin_date, horizon_days, as_of_date
FROM built
WHERE DATE_ADD('day', horizon_days, origin_date) > as_of_date
