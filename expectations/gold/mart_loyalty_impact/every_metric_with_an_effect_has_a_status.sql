WITH built AS (
    SELECT
        metric,
        period_type,
        currency,
        effect_status,
        period_type = 'all' AND metric IN (
            'orders_per_customer', 'active_days_per_customer', 'net_sales_per_customer', 'aov'
        ) AS has_effect
    FROM {{ batch }}
)
SELECT metric, period_type, currency, effect_status
FROM built
WHERE (effect_status IS NOT NULL) <> has_effect
