-- about: The stores ranked by net sales and by net sales per order, over all published days.
-- grain: restaurant_id x currency
-- partition: none
-- reads: gold_daily_sales_by_store
-- denominator: guests in
-- columns:
--   restaurant_id: id of the store
--   currency: currency of all amounts in the row
--   refund_amount: refunds (negative lines, and options taken back), as a positive amount
--   net_sales: gross sales less discounts and refunds
--   orders: orders, guests in
--   aov: net sales per order
--   open_days: days with sales
--   net_sales_rank: rank by net sales within the currency, 1 for the most; equal amounts share a rank
--   aov_rank: rank by aov within the currency, 1 for the highest; equal values share a rank
--   net_sales_share: share of the net sales of all stores in the currency
--   first_order_date: first day with sales
--   last_order_date: latest day with sales
WITH store_totals AS (
    SELECT
        restaurant_id,
        currency,
        SUM(refund_amount) AS refund_amount,
        SUM(net_sales) AS net_sales,
        CAST(SUM(orders) AS BIGINT) AS orders,
        CAST(SUM(net_sales) AS DOUBLE) / NULLIF(CAST(SUM(orders) AS BIGINT), 0) AS aov,
        COUNT(DISTINCT order_date) FILTER (WHERE items > 0) AS open_days,
        MIN(order_date) FILTER (WHERE items > 0) AS first_order_date,
        MAX(order_date) FILTER (WHERE items > 0) AS last_order_date
    FROM {{ database }}.gold_daily_sales_by_store
    GROUP BY restaurant_id, currency
)
SELECT
    restaurant_id,
    currency,
    CAST(refund_amount AS DECIMAL(18, 2)) AS refund_amount,
    CAST(net_sales AS DECIMAL(18, 2)) AS net_sales,
    orders,
    aov,
    open_days,
    RANK() OVER (PARTITION BY currency ORDER BY net_sales DESC) AS net_sales_rank,
    RANK() OVER (PARTITION BY currency ORDER BY aov DESC NULLS LAST) AS aov_rank,
    CAST(net_sales AS DOUBLE) / NULLIF(CAST(SUM(net_sales) OVER (PARTITION BY currency) AS DOUBLE), 0)
        AS net_sales_share,
    first_order_date,
    last_order_date
FROM store_totals
