-- about: What each customer has been worth so far, how often they come, and where they rank.
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
--   days_since_last_order: days from the latest order to the as-of date
--   orders: orders to date
--   items: units bought to date
--   gross_sales: gross sales to date
--   discount_amount: discounts to date, as a positive amount
--   net_sales: historical value: net sales to date (revenue, not margin)
--   options_revenue: options revenue to date
--   aov: net sales per order
--   active_days: days with an order
--   net_sales_per_active_day: net sales per day with an order
--   x: active days after the first
--   t_x: days from the first to the latest order
--   t: days from the first order to the as-of date
--   mean_gap_days: mean days between active days; null for one active day
--   longest_gap_days: longest stretch between two active days; null for one active day
--   orders_last_30d: orders in the 30 days that end with the as-of date
--   orders_last_90d: orders in the last 90 days
--   orders_last_365d: orders in the last 365 days
--   net_sales_last_30d: net sales in the last 30 days
--   net_sales_last_90d: net sales in the last 90 days
--   net_sales_last_365d: net sales in the last 365 days
--   net_sales_share: the customer's part of all customers' net sales in the currency
--   net_sales_rank: 1 for the most net sales in the currency; equal amounts share a rank
--   as_of_date: the last day counted
SELECT
    app_name,
    user_id,
    currency,
    first_order_date,
    last_order_date,
    days_since_last_order,
    orders,
    items,
    CAST(gross_sales AS DECIMAL(18, 2)) AS gross_sales,
    CAST(discount_amount AS DECIMAL(18, 2)) AS discount_amount,
    CAST(net_sales AS DECIMAL(18, 2)) AS net_sales,
    CAST(options_revenue AS DECIMAL(18, 2)) AS options_revenue,
    CAST(net_sales AS DOUBLE) / NULLIF(orders, 0) AS aov,
    active_days,
    CAST(net_sales AS DOUBLE) / active_days AS net_sales_per_active_day,
    x,
    t_x,
    t,
    mean_gap_days,
    longest_gap_days,
    orders_last_30d,
    orders_last_90d,
    orders_last_365d,
    CAST(net_sales_last_30d AS DECIMAL(18, 2)) AS net_sales_last_30d,
    CAST(net_sales_last_90d AS DECIMAL(18, 2)) AS net_sales_last_90d,
    CAST(net_sales_last_365d AS DECIMAL(18, 2)) AS net_sales_last_365d,
    CAST(net_sales AS DOUBLE) / NULLIF(CAST(SUM(net_sales) OVER (PARTITION BY currency) AS DOUBLE), 0)
        AS net_sales_share,
    RANK() OVER (PARTITION BY currency ORDER BY net_sales DESC) AS net_sales_rank,
    as_of_date
FROM {{ database }}.gold_customer_facts
WHERE as_of_date = {{ as_of_date }}
