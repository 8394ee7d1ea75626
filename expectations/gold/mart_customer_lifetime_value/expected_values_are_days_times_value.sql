WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT app_name, user_id, currency, expected_days_365, value_per_day, expected_value_365
FROM built
WHERE ABS(expected_value_365 - expected_days_365 * value_per_day) > 0.01
    OR ABS(discounted_value_365) > ABS(expected_value_365) + 0.01
