WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT level, level_key, period_type, period_start, period_end
FROM built
WHERE period_end < period_start
    OR period_start > {{ process_date }}
    OR net_sales_mean_7d IS NOT NULL AND period_type <> 'day'
