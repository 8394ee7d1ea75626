-- about: Everything known of each customer as of a date: first and last order, totals, rhythm and recency. Who has refunds only is not a customer.
-- grain: app_name x user_id x currency x as_of_date
-- partition: as_of_date
-- reads: gold_customer_totals_before_cutoff, gold_customer_day_by_quarter, gold_customer_day
-- denominator: guests out
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of every amount in the row
--   first_order_date: first day with an order
--   last_order_date: latest day with an order
--   active_days: days with an order
--   repeat_active_days: active days after the first (active_days - 1)
--   days_first_to_last_order: days from the first to the latest order
--   days_since_first_order: days from the first order to the as-of date
--   days_since_last_order: days from the latest order to the as-of date
--   mean_gap_days: mean days between active days (days_first_to_last_order / repeat_active_days); null for one active day
--   longest_gap_days: longest stretch between two active days; null for one active day
--   {{ customer_measures }}
--   weekend_orders: orders on a Saturday or Sunday to date
--   orders_last_30d: orders in the 30 days that end with the as-of date
--   orders_last_90d: orders in the 90 days that end with the as-of date
--   orders_previous_90d: orders in the 90 days before those
--   orders_last_365d: orders in the 365 days that end with the as-of date
--   net_sales_last_30d: net sales in the last 30 days
--   net_sales_last_90d: net sales in the last 90 days
--   net_sales_previous_90d: net sales in the 90 days before those
--   net_sales_last_365d: net sales in the last 365 days
--   r_score: recency: 5 up to 14 days, 4 up to 30, 3 up to 90, 2 up to 180, 1 beyond
--   f_score: frequency: 1 for 1 order, 2 for 2, 3 for 3-4, 4 for 5-9, 5 for 10 or more
--   m_score: money: 1 to 5 by quintile cut-offs of net sales in the currency; equal amounts get equal scores
--   m_cutoffs_frozen_on: the cut-offs are those of all orders before this date (start of the quarter), or of the as-of date while there were none
--   as_of_date: the last day counted
{% import 'macros/customer_days.sql' as customer_days %}
{% import 'macros/rfm.sql' as rfm %}
WITH totals_and_days AS (
    {{ customer_days.totals_and_days(database, cutoff_date, as_of_date) }}
),
rhythm AS (
    -- A balance is a customer's earliest row: its longest gap stands for those between the days it is of.
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
    FROM rhythm
    GROUP BY app_name, user_id, currency
    HAVING SUM(active_days) > 0
),
customers_at_freeze AS (
    SELECT *, COUNT(net_sales_at_freeze) OVER (PARTITION BY currency) > 0 AS is_frozen
    FROM customers
),
cutoff_values AS (
    -- Those at the start of the quarter; while the data has none, those of the as-of date.
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
