WITH built AS (
    SELECT order_hour, HOUR(created_at) AS utc_hour, COUNT(DISTINCT order_id) AS orders
    FROM {{ batch }}
    WHERE NOT is_test
    GROUP BY 1, 2
),
totals AS (
    SELECT
        CAST(SUM(orders) AS DOUBLE) AS orders,
        SUM(IF(order_hour < 5, orders, 0)) AS night_orders,
        SUM(IF(utc_hour < 5, orders, 0)) AS night_orders_in_utc
    FROM built
),
shifted AS (
    SELECT
        shift_hours,
        SUM(IF(MOD(order_hour + shift_hours + 24, 24) < 5, orders, 0)) AS night_orders
    FROM built
    CROSS JOIN UNNEST(SEQUENCE(-11, 12)) AS shifts (shift_hours)
    GROUP BY shift_hours
),
best AS (
    SELECT shift_hours, night_orders
    FROM shifted
    ORDER BY night_orders, ABS(shift_hours), shift_hours
    LIMIT 1
)
SELECT
    {{ business_timezone }} AS business_timezone,
    CAST(totals.orders AS BIGINT) AS orders,
    ROUND(totals.night_orders / totals.orders, 4) AS night_share,
    ROUND(totals.night_orders_in_utc / totals.orders, 4) AS night_share_in_utc,
    best.shift_hours AS best_shift_hours,
    ROUND(best.night_orders / totals.orders, 4) AS best_night_share,
    totals.orders >= 500
        AND totals.night_orders >= 0.03E0 * totals.orders
        AND totals.night_orders >= 3 * best.night_orders AS contradicts_setting
FROM totals
LEFT JOIN best
    ON TRUE
