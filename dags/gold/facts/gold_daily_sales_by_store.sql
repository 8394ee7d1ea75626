-- about: The sales of each store on each day: orders, items, gross and net sales, guests, loyalty orders and customers.
-- grain: restaurant_id x currency x order_date
-- partition: order_date
-- reads: silver_order_items
-- denominator: guests in
-- columns:
--   restaurant_id: id of the store
--   currency: currency of all amounts in the row
--   orders: orders, each counted once, at the store and in the currency of its earliest line of the day; refunds alone are not an order
--   items: units sold, before refunds; 0 on a day with refunds only
--   refunded_items: units refunded; they are not subtracted from items
--   gross_sales: item amounts plus positive option amounts, before discounts
--   discount_amount: discounts (negative options), as a positive amount
--   refund_amount: refunds (negative lines, and options taken back), as a positive amount
--   net_sales: gross sales less discounts and refunds
--   net_sales_squared: sum over the orders of their squared net sales in the store and currency, for the variance of the order value; orders with refunds only are left out
--   options_revenue: the part of gross sales that comes from paid options
--   guest_orders: orders without a user
--   guest_net_sales: net sales of orders without a user
--   loyalty_orders: orders with at least one loyalty line
--   loyalty_net_sales: net sales of loyalty orders, with all their lines
--   non_loyalty_orders: orders without any loyalty line, guests in
--   non_loyalty_net_sales: net sales of orders without any loyalty line, guests in
--   customers: different customers (app_name, user_id) who ordered; guests out
--   order_date: local calendar date of the order lines; an order with lines on two dates counts on each of them
WITH order_lines AS (
    -- Money counts at the store of its line. User and customer of an order are those of its earliest line of the day
    -- that is not a refund.
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
        -- Net sales of the order in the store and currency, on the last of its lines there. They are squared and summed
        -- as decimals, so that the sum does not depend on the order of the rows. DECIMAL(38, 4) also holds the square
        -- of a mistyped price.
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
