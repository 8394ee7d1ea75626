WITH built AS (
    SELECT *
    FROM {{ batch }}
    WHERE effect_status = 'identified'
)
SELECT metric, currency, effect_ratio, effect_lower, effect_upper, placebo_lower, placebo_upper
FROM built
WHERE effect_ratio IS NULL
    OR effect_ratio NOT BETWEEN effect_lower AND effect_upper
    OR placebo_lower > 1
    OR placebo_upper < 1
