WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT metric, currency, status, effect_ratio, placebo_lower, placebo_upper
FROM built
WHERE status IN ('identified', 'not_identified')
        AND (
            COALESCE(effect_ratio, 0) <= 0
            OR effect_ratio NOT BETWEEN effect_lower AND effect_upper
            OR COALESCE(placebo_ratio, 0) <= 0
            OR placebo_ratio NOT BETWEEN placebo_lower AND placebo_upper
        )
    OR status = 'identified' AND 1 NOT BETWEEN placebo_lower AND placebo_upper
    OR status IN ('insufficient_data', 'not_supported')
        AND (effect_ratio IS NOT NULL OR placebo_ratio IS NOT NULL)
