WITH built AS (
    SELECT *
    FROM {{ batch }}
    WHERE metric IN ('repeat_rate', 'retention')
)
SELECT metric, period_type, period_start, loyal_value, non_loyal_value
FROM built
WHERE loyal_value NOT BETWEEN 0 AND 1
    OR non_loyal_value NOT BETWEEN 0 AND 1
