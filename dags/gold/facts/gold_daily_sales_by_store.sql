-- about: What each store sold on each day: orders, items, gross and net sales, and who bought.
-- grain: restaurant_id x currency x order_date
-- partition: order_date
-- reads: silver_order_items
-- denominator: guests in
-- columns:
--   restaurant_id: the store
--   currency: currency of every amount in the row; amounts of two currencies are never added
--   orders: orders counted once, at the store and currency of their earliest line of the day; what holds refunds only is not an order
--   items: units sold (sum of the lines' quantities); 0 on a day with refunds only
--   refunded_items: units refunded, not taken off items
--   gross_sales: item amounts plus positive option amounts, before discounts
--   discount_amount: what negative options took off, as a positive amount
--   refund_amount: what refunds took off, as a positive amount: negative lines, and options taken back
--   net_sales: gross less discounts and refunds
--   net_sales_squared: sum of the squares of the orders' net sales in the store and currency, without what holds refunds only, from which the scatter of order values follows
--   options_revenue: the part of gross sales that paid options brought
--   guest_orders: orders without a user
--   guest_net_sales: net sales of orders without a user
--   loyalty_orders: orders with at least one loyalty line
--   loyalty_net_sales: net sales of loyalty orders, all their lines
--   non_loyalty_orders: orders without any loyalty line, guests among them
--   non_loyalty_net_sales: net sales of orders without any loyalty line
--   customers: different customers (app_name, user_id) who ordered; guests are not counted
--   order_date: local calendar date of the lines; an order whose lines span midnight counts on each date
WITH order_lines AS (
    -- Money stays with its line; what belongs to the order is taken from its earliest line of the day that is no refund.
    SELECT
        restaurant_id,
        currency,
        order_date,
        item_quantity,
        gross_sales,
        discount_amount,
        refund_amount,
        net_sales,
        options_revenue,
        is_refund,
        -- The order's part in the store and currency, on the last of its lines there. Squared and summed as decimals, so
        -- that the sum does not depend on the order of the rows; wide ones, for a mistyped price squared is long.
        IF(LEAD(lineitem_id) OVER part IS NULL, CAST(SUM(net_sales) OVER part AS DECIMAL(38, 4))) AS order_net_sales,
        FIRST_VALUE(user_id) OVER earliest AS order_user_id,
        FIRST_VALUE(app_name || '/' || user_id) OVER earliest AS order_customer,
        ROW_NUMBER() OVER earliest = 1 AND NOT is_refund AS opens_order,
        BOOL_AND(is_refund) OVER (PARTITION BY order_id, order_date) AS holds_refunds_only,
        BOOL_OR(is_loyalty) OVER (PARTITION BY order_id, order_date) AS is_loyalty_order
    FROM {{ database }}.silver_order_items
    WHERE order_date IN ({{ order_dates }})
        AND NOT is_test
    WINDOW
        earliest AS (PARTITION BY order_id, order_date ORDER BY is_refund, created_at, lineitem_id),
        part AS (PARTITION BY order_id, order_date, restaurant_id, currency ORDER BY created_at, lineitem_id)
)
SELECT
    restaurant_id,
    currency,
    COUNT(*) FILTER (WHERE opens_order) AS orders,
    CAST(COALESCE(SUM(item_quantity) FILTER (WHERE NOT is_refund), 0) AS BIGINT) AS items,
    CAST(COALESCE(-SUM(item_quantity) FILTER (WHERE is_refund), 0) AS BIGINT) AS refunded_items,
    CAST(SUM(gross_sales) AS DECIMAL(18, 4)) AS gross_sales,
    CAST(SUM(discount_amount) AS DECIMAL(18, 4)) AS discount_amount,
    CAST(SUM(refund_amount) AS DECIMAL(18, 4)) AS refund_amount,
    CAST(SUM(net_sales) AS DECIMAL(18, 4)) AS net_sales,
    CAST(
        COALESCE(SUM(order_net_sales * order_net_sales) FILTER (WHERE NOT holds_refunds_only), 0) AS DOUBLE
    ) AS net_sales_squared,
    CAST(SUM(options_revenue) AS DECIMAL(18, 4)) AS options_revenue,
    COUNT(*) FILTER (WHERE opens_order AND order_user_id IS NULL) AS guest_orders,
    CAST(COALESCE(SUM(net_sales) FILTER (WHERE order_user_id IS NULL), 0) AS DECIMAL(18, 4)) AS guest_net_sales,
    COUNT(*) FILTER (WHERE opens_order AND is_loyalty_order) AS loyalty_orders,
    CAST(COALESCE(SUM(net_sales) FILTER (WHERE is_loyalty_order), 0) AS DECIMAL(18, 4)) AS loyalty_net_sales,
    COUNT(*) FILTER (WHERE opens_order AND NOT is_loyalty_order) AS non_loyalty_orders,
    CAST(COALESCE(SUM(net_sales) FILTER (WHERE NOT is_loyalty_order), 0) AS DECIMAL(18, 4)) AS non_loyalty_net_sales,
    COUNT(DISTINCT order_customer) FILTER (WHERE opens_order) AS customers,
    order_date
FROM order_lines
GROUP BY restaurant_id, currency, order_date
