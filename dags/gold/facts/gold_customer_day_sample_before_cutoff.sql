-- about: The days before the opening date of a fixed sample of customers, all of them unless there are many: what back-tests look back on.
-- grain: app_name x user_id x currency x order_date x cutoff_date
-- partition: cutoff_date
-- reads: gold_customer_day_by_quarter
-- denominator: guests out
-- renamed from: gold_opening_sample
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of the amount
--   order_date: local calendar date of the lines
--   orders: orders of the day
--   items: units bought, before refunds; 0 on a day with refunds only
--   net_sales: gross less discounts and refunds
--   loyalty_orders: orders with at least one loyalty line
--   sample_bucket: 0 to 4095, the same on all days of a customer; the table has the customers of the first buckets, as many as make about a million days
--   cutoff_date: first day that is not here
WITH days_before AS (
    SELECT app_name, user_id, currency, order_date, orders, items, net_sales, loyalty_orders, sample_bucket
    FROM {{ database }}.gold_customer_day_by_quarter
    WHERE quarter < {{ cutoff_date }}
),
bounds AS (
    -- By the same rule customer_scores takes a part of it once there are more days (SAMPLED_DAYS, SAMPLE_BUCKETS).
    SELECT 4096000000 / GREATEST(1000000, COUNT(*)) AS buckets
    FROM days_before
)
SELECT
    days_before.app_name,
    days_before.user_id,
    days_before.currency,
    days_before.order_date,
    days_before.orders,
    days_before.items,
    days_before.net_sales,
    days_before.loyalty_orders,
    days_before.sample_bucket,
    {{ cutoff_date }} AS cutoff_date
FROM days_before
CROSS JOIN bounds
WHERE days_before.sample_bucket < bounds.buckets
