WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    app_name,
    user_id,
    currency,
    first_order_date,
    last_order_date,
    active_days,
    longest_gap_days,
    cutoff_date
FROM built
WHERE first_order_date > last_order_date
    OR last_order_date >= cutoff_date
    OR active_days > DATE_DIFF('day', first_order_date, last_order_date) + 1
    OR (longest_gap_days IS NULL) <> (active_days <= 1)
    OR (first_order_date IS NULL) <> (active_days = 0)
    OR COALESCE(first_loyalty_date, first_order_date) NOT BETWEEN first_order_date AND last_order_date
    OR (first_loyalty_date IS NULL) <> (loyalty_orders = 0)
