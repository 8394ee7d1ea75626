-- about: The customer days before the cutoff date of a fixed sample of customers, or of all customers if there are few days. Back-tests read them.
-- grain: app_name x user_id x currency x order_date x cutoff_date
-- partition: cutoff_date
-- reads: gold_customer_day_by_quarter
-- denominator: guests out
-- renamed from: gold_opening_sample
-- columns:
--   app_name: ordering channel; together with user_id it identifies a customer
--   user_id: user id within the channel; together with app_name it identifies a customer
--   currency: currency of all amounts in the row
--   order_date: local calendar date of the order lines
--   orders: orders of the day
--   items: units bought, before refunds; 0 on a day with refunds only
--   net_sales: gross sales less discounts and refunds
--   loyalty_orders: orders with at least one loyalty line
--   sample_bucket: 0 to 4095, computed from app_name and user_id; the table has the customers of the first buckets, up to about a million days
--   cutoff_date: first day that is not counted: the first day of the quarter five quarters before the quarter of the process date
WITH days_before AS (
    SELECT app_name, user_id, currency, order_date, orders, items, net_sales, loyalty_orders, sample_bucket
    FROM {{ database }}.gold_customer_day_by_quarter
    WHERE quarter < {{ cutoff_date }}
),
bounds AS (
    -- customer_scores uses the same rule to take fewer customers when there are more days.
    SELECT {{ sample_buckets * sampled_days }} / GREATEST({{ sampled_days }}, COUNT(*)) AS buckets
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
