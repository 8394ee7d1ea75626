-- about: The totals of each customer before the cutoff date, so that a daily run reads only the customer days since.
-- grain: app_name x user_id x currency x cutoff_date
-- partition: cutoff_date
-- reads: gold_customer_day_by_quarter
-- denominator: guests out
-- renamed from: gold_opening_customers
-- columns:
--   app_name: ordering channel; together with user_id it identifies a customer
--   user_id: user id within the channel; together with app_name it identifies a customer
--   currency: currency of all amounts in the row
--   first_order_date: first day with an order; null for a customer with refunds only
--   last_order_date: latest day with an order before the cutoff date; null for a customer with refunds only
--   active_days: days with an order
--   longest_gap_days: longest gap between two days with an order, in days; null for one active day
--   {{ customer_measures }}
--   first_loyalty_date: first day with a loyalty order; null without one
--   weekend_orders: orders on a Saturday or Sunday
--   cents: net sales in cents: the sum over the days, each rounded to whole cents; the models of customer_scores add up these
--   cents_squared: sum over the active days of the squared net sales, each rounded to whole cents
--   cutoff_date: first day that is not counted: the first day of the quarter five quarters before the quarter of the process date
WITH days_before_cutoff AS (
    -- Gaps are between days with items, so days with refunds only are in a separate window partition.
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
FROM days_before_cutoff
GROUP BY app_name, user_id, currency
