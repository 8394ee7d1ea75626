-- about: The daily sales of each store with percentages.
-- grain: restaurant_id x currency x order_date
-- partition: none
-- reads: gold_daily_sales_by_store
-- denominator: guests in
-- columns:
--   restaurant_id: id of the store
--   currency: currency of all amounts in the row
--   orders: orders, guests in
--   items: units sold, before refunds
--   gross_sales: item amounts plus positive option amounts, before discounts
--   discount_amount: discounts (negative options), as a positive amount
--   refund_amount: refunds (negative lines, and options taken back), as a positive amount
--   net_sales: gross sales less discounts and refunds
--   options_revenue: the part of gross sales that comes from paid options
--   guest_orders: orders without a user
--   guest_net_sales: net sales of orders without a user
--   loyalty_orders: orders with at least one loyalty line
--   loyalty_net_sales: net sales of loyalty orders, with all their lines
--   non_loyalty_orders: orders without any loyalty line, guests in
--   non_loyalty_net_sales: net sales of orders without any loyalty line, guests in
--   customers: different customers (app_name, user_id) who ordered; guests out
--   aov: net sales per order
--   items_per_order: units per order
--   guest_order_pct: guest orders in per cent of orders
--   guest_net_sales_pct: guest net sales in per cent of net sales
--   loyalty_order_pct: loyalty orders in per cent of orders
--   loyalty_net_sales_pct: loyalty net sales in per cent of net sales
--   discount_pct: discounts in per cent of gross sales
--   refund_pct: refunds in per cent of gross sales
--   options_revenue_pct: options revenue in per cent of gross sales
--   net_sales_pct_of_day: net sales in per cent of the net sales of all stores on the day, in the currency
--   order_date: local calendar date of the order lines
SELECT
    restaurant_id,
    currency,
    orders,
    items,
    gross_sales,
    discount_amount,
    refund_amount,
    net_sales,
    options_revenue,
    guest_orders,
    guest_net_sales,
    loyalty_orders,
    loyalty_net_sales,
    non_loyalty_orders,
    non_loyalty_net_sales,
    customers,
    CAST(net_sales AS DOUBLE) / NULLIF(orders, 0) AS aov,
    CAST(items AS DOUBLE) / NULLIF(orders, 0) AS items_per_order,
    100E0 * guest_orders / NULLIF(orders, 0) AS guest_order_pct,
    100E0 * guest_net_sales / NULLIF(net_sales, 0) AS guest_net_sales_pct,
    100E0 * loyalty_orders / NULLIF(orders, 0) AS loyalty_order_pct,
    100E0 * loyalty_net_sales / NULLIF(net_sales, 0) AS loyalty_net_sales_pct,
    100E0 * discount_amount / NULLIF(gross_sales, 0) AS discount_pct,
    100E0 * refund_amount / NULLIF(gross_sales, 0) AS refund_pct,
    100E0 * options_revenue / NULLIF(gross_sales, 0) AS options_revenue_pct,
    100E0 * net_sales / NULLIF(SUM(net_sales) OVER (PARTITION BY order_date, currency), 0) AS net_sales_pct_of_day,
    order_date
FROM {{ database }}.gold_daily_sales_by_store
