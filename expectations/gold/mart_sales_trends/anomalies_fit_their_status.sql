WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    level,
    level_key,
    period_type,
    period_start,
    anomaly_status,
    anomaly_dispersion,
    anomaly_z,
    is_anomaly
FROM built
WHERE COALESCE(anomaly_status, 'none') NOT IN ('judged', 'insufficient_data', 'period_not_over', 'not_judged')
    OR (anomaly_status = 'judged') <> (anomaly_z IS NOT NULL)
    OR (anomaly_z IS NULL) <> (is_anomaly IS NULL)
    OR (ABS(anomaly_z) >= 3) <> is_anomaly
    OR anomaly_dispersion < 1
    OR expected_orders < 0
