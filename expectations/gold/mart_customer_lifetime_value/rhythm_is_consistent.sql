WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    app_name,
    user_id,
    currency,
    repeat_active_days,
    days_first_to_last_order,
    days_since_first_order,
    active_days
FROM built
WHERE repeat_active_days <> active_days - 1
    OR repeat_active_days > days_first_to_last_order
    OR days_first_to_last_order > days_since_first_order
    OR days_since_first_order - days_first_to_last_order <> days_since_last_order
