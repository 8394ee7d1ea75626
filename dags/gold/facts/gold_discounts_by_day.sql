-- about: Orders with a discount and orders at full price, by store and day.
-- grain: restaurant_id x currency x order_date
-- partition: order_date
-- reads: silver_order_items
-- denominator: guests in
-- columns:
--   restaurant_id: id of the store
--   currency: currency of all amounts in the row
--   orders: orders, each counted once, at the store and in the currency of its earliest line of the day; refunds alone are not an order
--   discounted_orders: orders with at least one discount (an option with a negative price)
--   discounted_gross_sales: gross sales of discounted orders
--   discount_amount: discounts (negative options), as a positive amount
--   discounted_net_sales: net sales of discounted orders, less refunds in the same order
--   discounted_net_sales_squared: sum over the discounted orders of their squared net sales in the store and currency, for the interval of their mean
--   full_price_orders: orders without a discount
--   full_price_net_sales: net sales of orders without a discount, less refunds in the same order
--   full_price_net_sales_squared: sum over the full-price orders of their squared net sales in the store and currency, for the interval of their mean
--   refund_only_amount: refunds without an order with the same number on the same day, as a positive amount; they are in neither of the net sales
--   no_discounts_observed: true if no order of the store and day had a discount
--   order_date: local calendar date of the order lines
WITH order_lines AS (
    SELECT
        restaurant_id,
        currency,
        gross_sales,
        discount_amount,
        net_sales,
        -- Net sales of the order in the store and currency, on one of its lines. They are squared and summed as
        -- decimals, so that the sum does not depend on the order of the rows.
        CAST(
            IF(
                ROW_NUMBER() OVER (
                    PARTITION BY order_id, order_date, restaurant_id, currency ORDER BY created_at, lineitem_id
                ) = 1,
                SUM(net_sales) OVER (PARTITION BY order_id, order_date, restaurant_id, currency)
            ) AS DECIMAL(38, 4)
        ) AS order_net_sales,
        ROW_NUMBER() OVER (PARTITION BY order_id, order_date ORDER BY is_refund, created_at, lineitem_id) = 1
            AND NOT is_refund AS opens_order,
        BOOL_AND(is_refund) OVER (PARTITION BY order_id, order_date) AS holds_refunds_only,
        MAX(discount_amount) OVER (PARTITION BY order_id, order_date) > 0 AS is_discounted_order,
        order_date
    FROM {{ database }}.silver_order_items
    WHERE order_date IN ({{ order_dates }})
        AND NOT is_test
)
SELECT
    restaurant_id,
    currency,
    COUNT(*) FILTER (WHERE opens_order) AS orders,
    COUNT(*) FILTER (WHERE opens_order AND is_discounted_order) AS discounted_orders,
    CAST(COALESCE(SUM(gross_sales) FILTER (WHERE is_discounted_order), 0) AS DECIMAL(18, 4)) AS discounted_gross_sales,
    CAST(SUM(discount_amount) AS DECIMAL(18, 4)) AS discount_amount,
    CAST(COALESCE(SUM(net_sales) FILTER (WHERE is_discounted_order), 0) AS DECIMAL(18, 4)) AS discounted_net_sales,
    CAST(
        COALESCE(SUM(order_net_sales * order_net_sales) FILTER (WHERE is_discounted_order), 0) AS DOUBLE
    ) AS discounted_net_sales_squared,
    COUNT(*) FILTER (WHERE opens_order AND NOT is_discounted_order) AS full_price_orders,
    CAST(
        COALESCE(SUM(net_sales) FILTER (WHERE NOT is_discounted_order AND NOT holds_refunds_only), 0)
        AS DECIMAL(18, 4)
    ) AS full_price_net_sales,
    CAST(
        COALESCE(
            SUM(order_net_sales * order_net_sales) FILTER (WHERE NOT is_discounted_order AND NOT holds_refunds_only), 0
        ) AS DOUBLE
    ) AS full_price_net_sales_squared,
    CAST(COALESCE(-SUM(net_sales) FILTER (WHERE holds_refunds_only), 0) AS DECIMAL(18, 4)) AS refund_only_amount,
    NOT BOOL_OR(is_discounted_order) AS no_discounts_observed,
    order_date
FROM order_lines
GROUP BY restaurant_id, currency, order_date
