WITH built AS (
    SELECT *, COUNT(*) OVER (PARTITION BY period_type, period_start, currency) AS stores
    FROM {{ batch }}
)
SELECT
    restaurant_id,
    currency,
    period_type,
    period_start,
    aov_status,
    aov_low,
    aov_shrunk,
    aov_high,
    aov_rank_low,
    aov_rank_high
FROM built
WHERE COALESCE(aov_status, 'none') NOT IN ('estimated', 'no_difference_found', 'insufficient_data')
    OR (aov_status = 'insufficient_data') <> (aov_shrunk IS NULL)
    OR (aov_shrunk IS NULL) <> (aov_rank_shrunk IS NULL)
    OR aov_shrunk < aov_low
    OR aov_shrunk > aov_high
    OR aov_reliability < 0
    OR aov_reliability > 1
    OR aov_rank_low < 1
    OR aov_rank_low > aov_rank_high
    OR aov_rank_high > stores
    OR aov_rank_shrunk > stores
