WITH built AS (
    SELECT *
    FROM {{ batch }}
    WHERE effect_ratio IS NOT NULL
)
SELECT metric, period_type, currency, effect_status, effect_ratio
FROM built
WHERE COALESCE(effect_status, 'none') <> 'identified'
    OR period_type <> 'all'
