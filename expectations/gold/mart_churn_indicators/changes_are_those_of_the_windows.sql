WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT app_name, user_id, currency, orders_last_90d, orders_previous_90d, orders_change_90d
FROM built
WHERE orders_change_90d <> orders_last_90d - orders_previous_90d
    OR reference_rule_45_days_inactive <> (days_since_last_order > 45)
