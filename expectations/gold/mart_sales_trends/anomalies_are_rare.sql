WITH built AS (
    SELECT *
    FROM {{ batch }}
),
judged AS (
    SELECT level, currency, COUNT(*) AS judged_periods, COUNT_IF(is_anomaly) AS anomalies
    FROM built
    WHERE anomaly_status = 'judged'
    GROUP BY level, currency
)
SELECT *
FROM judged
WHERE anomalies > 5
    AND anomalies > 0.05 * judged_periods
