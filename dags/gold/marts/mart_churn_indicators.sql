-- about: Who is going quiet: days since the last order beside the customer's own rhythm, and this quarter against the last.
-- grain: app_name x user_id x currency x as_of_date
-- partition: as_of_date
-- reads: gold_customer_facts
-- denominator: guests out
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of every amount in the row
--   first_order_date: first day with an order
--   last_order_date: latest day with an order
--   days_since_first_order: days from the first order to the as-of date
--   days_since_last_order: days from the latest order to the as-of date
--   orders: orders to date
--   active_days: days with an order
--   mean_gap_days: mean days between active days; null for one active day
--   longest_gap_days: longest stretch between two active days; null for one active day
--   days_since_last_order_per_mean_gap: days since the last order as a multiple of the mean gap; null for one active day
--   orders_last_90d: orders in the 90 days that end with the as-of date
--   orders_previous_90d: orders in the 90 days before those
--   orders_change_90d: orders in the last 90 days less those in the 90 before
--   orders_change_rate_90d: that change as a part of the earlier orders; null where there were none
--   net_sales: net sales to date
--   net_sales_last_90d: net sales in the last 90 days
--   net_sales_previous_90d: net sales in the 90 days before those
--   reference_rule_45_days_inactive: true after more than 45 days without an order: the usual fixed rule, for comparison only, not a churn status
--   as_of_date: the last day counted
SELECT
    app_name,
    user_id,
    currency,
    first_order_date,
    last_order_date,
    t AS days_since_first_order,
    days_since_last_order,
    orders,
    active_days,
    mean_gap_days,
    longest_gap_days,
    days_since_last_order / NULLIF(mean_gap_days, 0) AS days_since_last_order_per_mean_gap,
    orders_last_90d,
    orders_previous_90d,
    orders_last_90d - orders_previous_90d AS orders_change_90d,
    CAST(orders_last_90d - orders_previous_90d AS DOUBLE) / NULLIF(orders_previous_90d, 0) AS orders_change_rate_90d,
    CAST(net_sales AS DECIMAL(18, 2)) AS net_sales,
    CAST(net_sales_last_90d AS DECIMAL(18, 2)) AS net_sales_last_90d,
    CAST(net_sales_previous_90d AS DECIMAL(18, 2)) AS net_sales_previous_90d,
    days_since_last_order > 45 AS reference_rule_45_days_inactive,
    as_of_date
FROM {{ database }}.gold_customer_facts
WHERE as_of_date = {{ as_of_date }}
