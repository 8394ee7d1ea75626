-- about: Each customer as of a date: first and last order, totals, days between orders, and scores. A customer with refunds only is left out.
-- grain: app_name x user_id x currency x as_of_date
-- partition: as_of_date
-- reads: gold_customer_totals_before_cutoff, gold_customer_day_by_quarter, gold_customer_day
-- denominator: guests out
-- columns:
--   app_name: ordering channel; together with user_id it identifies a customer
--   user_id: user id within the channel; together with app_name it identifies a customer
--   currency: currency of all amounts in the row
--   first_order_date: first day with an order
--   last_order_date: latest day with an order
--   active_days: days with an order
--   repeat_active_days: days with an order after the first one (active_days - 1)
--   days_first_to_last_order: days from the first to the latest order
--   days_since_first_order: days from the first order to the as-of date
--   days_since_last_order: days from the latest order to the as-of date
--   mean_gap_days: mean number of days between days with an order (days_first_to_last_order / repeat_active_days); null for one active day
--   longest_gap_days: longest gap between two days with an order, in days; null for one active day
--   {{ customer_measures }}
--   weekend_orders: orders on a Saturday or Sunday
--   orders_last_30d: orders in the 30 days that end with the as-of date
--   orders_last_90d: orders in the 90 days that end with the as-of date
--   orders_previous_90d: orders in the 90 days before the last 90 days
--   orders_last_365d: orders in the 365 days that end with the as-of date
--   net_sales_last_30d: net sales in the 30 days that end with the as-of date
--   net_sales_last_90d: net sales in the 90 days that end with the as-of date
--   net_sales_previous_90d: net sales in the 90 days before the last 90 days
--   net_sales_last_365d: net sales in the 365 days that end with the as-of date
--   r_score: recency score by days_since_last_order: 5 up to 14 days, 4 up to 30, 3 up to 90, 2 up to 180, 1 above
--   f_score: frequency score by orders: 1 for 1 order, 2 for 2, 3 for 3-4, 4 for 5-9, 5 for 10 or more
--   m_score: money score: 1 to 5 by fifths of the customers in the currency, ranked by net sales; equal amounts get equal scores
--   m_cutoffs_frozen_on: the limits between the money scores come from the net sales before this date (the start of the quarter); without orders before it, from those up to the as-of date
--   as_of_date: last day that is counted
{% import 'macros/customer_days.sql' as customer_days %}
{% import 'macros/rfm.sql' as rfm %}
WITH totals_and_days AS (
    {{ customer_days.totals_and_days(database, cutoff_date, as_of_date) }}
),
days_with_gaps AS (
    -- The totals are the earliest row of a customer. Their longest gap covers the gaps between the days before the
    -- cutoff.
    SELECT
        *,
        DATE_DIFF('day', order_date, {{ as_of_date }}) AS days_ago,
        COALESCE(
            longest_gap_days,
            DATE_DIFF(
                'day',
                LAG(order_date) OVER (PARTITION BY app_name, user_id, currency, active_days > 0 ORDER BY order_date),
                order_date
            )
        ) AS gap_days
    FROM totals_and_days
),
customers AS (
    SELECT
        app_name,
        user_id,
        currency,
        MIN(first_order_date) AS first_order_date,
        MAX(order_date) FILTER (WHERE active_days > 0) AS last_order_date,
        CAST(SUM(active_days) AS BIGINT) AS active_days,
        MAX(gap_days) FILTER (WHERE active_days > 0) AS longest_gap_days,
{% for measure in customer_measures %}
        SUM({{ measure.name }}) AS {{ measure.name }},
{% endfor %}
        SUM(weekend_orders) AS weekend_orders,
        COALESCE(SUM(orders) FILTER (WHERE days_ago < 30), 0) AS orders_last_30d,
        COALESCE(SUM(orders) FILTER (WHERE days_ago < 90), 0) AS orders_last_90d,
        COALESCE(SUM(orders) FILTER (WHERE days_ago BETWEEN 90 AND 179), 0) AS orders_previous_90d,
        COALESCE(SUM(orders) FILTER (WHERE days_ago < 365), 0) AS orders_last_365d,
        COALESCE(SUM(net_sales) FILTER (WHERE days_ago < 30), 0) AS net_sales_last_30d,
        COALESCE(SUM(net_sales) FILTER (WHERE days_ago < 90), 0) AS net_sales_last_90d,
        COALESCE(SUM(net_sales) FILTER (WHERE days_ago BETWEEN 90 AND 179), 0) AS net_sales_previous_90d,
        COALESCE(SUM(net_sales) FILTER (WHERE days_ago < 365), 0) AS net_sales_last_365d,
        SUM(net_sales) FILTER (WHERE order_date < {{ rfm.cutoffs_frozen_on(as_of_date) }}) AS net_sales_at_freeze
    FROM days_with_gaps
    GROUP BY app_name, user_id, currency
    HAVING SUM(active_days) > 0
),
customers_at_freeze AS (
    SELECT *, COUNT(net_sales_at_freeze) OVER (PARTITION BY currency) > 0 AS is_frozen
    FROM customers
),
cutoff_values AS (
    -- Net sales at the start of the quarter. If no customer had an order by then, net sales as of the as-of date.
    SELECT currency, is_frozen, IF(is_frozen, net_sales_at_freeze, net_sales) AS net_sales
    FROM customers_at_freeze
),
money_cutoffs AS (
    {{ rfm.money_cutoffs("cutoff_values", "currency, is_frozen") }}
)
SELECT
    customers.app_name,
    customers.user_id,
    customers.currency,
    customers.first_order_date,
    customers.last_order_date,
    customers.active_days,
    customers.active_days - 1 AS repeat_active_days,
    DATE_DIFF('day', customers.first_order_date, customers.last_order_date) AS days_first_to_last_order,
    DATE_DIFF('day', customers.first_order_date, {{ as_of_date }}) AS days_since_first_order,
    DATE_DIFF('day', customers.last_order_date, {{ as_of_date }}) AS days_since_last_order,
    CAST(DATE_DIFF('day', customers.first_order_date, customers.last_order_date) AS DOUBLE)
        / NULLIF(customers.active_days - 1, 0) AS mean_gap_days,
    customers.longest_gap_days,
{% for measure in customer_measures %}
    CAST(customers.{{ measure.name }} AS {{ measure.type }}) AS {{ measure.name }},
{% endfor %}
    CAST(customers.weekend_orders AS BIGINT) AS weekend_orders,
    CAST(customers.orders_last_30d AS BIGINT) AS orders_last_30d,
    CAST(customers.orders_last_90d AS BIGINT) AS orders_last_90d,
    CAST(customers.orders_previous_90d AS BIGINT) AS orders_previous_90d,
    CAST(customers.orders_last_365d AS BIGINT) AS orders_last_365d,
    CAST(customers.net_sales_last_30d AS DECIMAL(18, 4)) AS net_sales_last_30d,
    CAST(customers.net_sales_last_90d AS DECIMAL(18, 4)) AS net_sales_last_90d,
    CAST(customers.net_sales_previous_90d AS DECIMAL(18, 4)) AS net_sales_previous_90d,
    CAST(customers.net_sales_last_365d AS DECIMAL(18, 4)) AS net_sales_last_365d,
    {{ rfm.r_score("DATE_DIFF('day', customers.last_order_date, " ~ as_of_date ~ ")") }} AS r_score,
    {{ rfm.f_score("customers.orders") }} AS f_score,
    {{ rfm.m_score("customers.net_sales", "money_cutoffs") }} AS m_score,
    CAST(
        CASE WHEN money_cutoffs.is_frozen THEN {{ rfm.cutoffs_frozen_on(as_of_date) }} ELSE {{ as_of_date }} END AS DATE
    ) AS m_cutoffs_frozen_on,
    {{ as_of_date }} AS as_of_date
FROM customers
INNER JOIN money_cutoffs
    ON money_cutoffs.currency = customers.currency
