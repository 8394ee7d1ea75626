-- about: Each customer's balance brought forward: all days before the opening date in one row, so that a daily run reads only those since.
-- grain: app_name x user_id x currency x cutoff_date
-- partition: cutoff_date
-- reads: gold_customer_day_by_quarter
-- denominator: guests out
-- renamed from: gold_opening_customers
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of every amount in the row
--   first_order_date: first day with an order; null for a customer with refunds only, like the latest
--   last_order_date: latest day with an order before the opening date
--   active_days: days with an order
--   longest_gap_days: longest stretch between two active days; null for one active day
--   {{ customer_measures }}
--   first_loyalty_date: first day with a loyalty order; null without one
--   weekend_orders: orders on a Saturday or Sunday
--   cents: net sales with each day rounded to whole cents, in cents: what the models of customer_scores add up
--   cents_squared: net sales of each active day in whole cents, squared, added up
--   cutoff_date: first day that is not counted: the quarter five quarters before that of the process date
WITH history AS (
    -- Gaps are between days with items; days with refunds only are in a partition of their own.
    SELECT
        *,
        DATE_DIFF(
            'day',
            LAG(order_date) OVER (PARTITION BY app_name, user_id, currency, items > 0 ORDER BY order_date),
            order_date
        ) AS gap_days,
        CAST(ROUND(net_sales * 100) AS DECIMAL(19, 0)) AS cents
    FROM {{ database }}.gold_customer_day_by_quarter
    WHERE quarter < {{ cutoff_date }}
)
SELECT
    app_name,
    user_id,
    currency,
    MIN(order_date) FILTER (WHERE items > 0) AS first_order_date,
    MAX(order_date) FILTER (WHERE items > 0) AS last_order_date,
    COUNT(*) FILTER (WHERE items > 0) AS active_days,
    MAX(gap_days) FILTER (WHERE items > 0) AS longest_gap_days,
{% for measure in customer_measures %}
    CAST(SUM({{ measure.name }}) AS {{ measure.type }}) AS {{ measure.name }},
{% endfor %}
    MIN(order_date) FILTER (WHERE loyalty_orders > 0) AS first_loyalty_date,
    CAST(COALESCE(SUM(orders) FILTER (WHERE DAY_OF_WEEK(order_date) >= 6), 0) AS BIGINT) AS weekend_orders,
    CAST(SUM(cents) AS BIGINT) AS cents,
    CAST(COALESCE(SUM(cents * cents) FILTER (WHERE items > 0), 0) AS DOUBLE) AS cents_squared,
    {{ cutoff_date }} AS cutoff_date
FROM history
GROUP BY app_name, user_id, currency
