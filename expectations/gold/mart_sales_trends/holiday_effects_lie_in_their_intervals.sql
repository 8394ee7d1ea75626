WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    level,
    level_key,
    period_start,
    holiday_name,
    holiday_effect_status,
    holiday_effect,
    holiday_effect_low,
    holiday_effect_high
FROM built
WHERE COALESCE(holiday_effect_status, 'none') NOT IN (
        'estimated', 'insufficient_data', 'not_a_holiday', 'not_in_calendar', 'not_a_day'
    )
    OR (holiday_effect_status = 'estimated') <> (holiday_effect IS NOT NULL)
    OR (holiday_effect_status = 'estimated' AND (holiday_effect_days IS NULL OR holiday_effect_days < 1))
    OR holiday_effect < holiday_effect_low
    OR holiday_effect > holiday_effect_high
    OR holiday_effect_low < -1
