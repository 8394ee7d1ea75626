-- about: Orders and net sales of each store by hour of the local day.
-- grain: restaurant_id x currency x order_hour x order_date
-- partition: order_date
-- reads: silver_order_items
-- denominator: guests in
-- columns:
--   restaurant_id: id of the store
--   currency: currency of all amounts in the row
--   order_hour: local hour, 0 to 23, of the order's earliest line of the day; of two lines at the same moment the one with the smaller line id (compared as text)
--   orders: orders, each counted once, at the store and in the currency of its earliest line of the day; refunds alone are not an order
--   net_sales: gross sales less discounts and refunds; each line counts at its own store and currency, in the hour of its order
--   order_date: local calendar date of the order lines; an hour without sales has no row
WITH order_lines AS (
    SELECT
        restaurant_id,
        currency,
        FIRST_VALUE(order_hour) OVER earliest AS first_hour,
        ROW_NUMBER() OVER earliest = 1 AND NOT is_refund AS opens_order,
        net_sales,
        order_date
    FROM {{ database }}.silver_order_items
    WHERE order_date IN ({{ order_dates }})
        AND NOT is_test
    WINDOW earliest AS (PARTITION BY order_id, order_date ORDER BY is_refund, created_at, lineitem_id)
)
SELECT
    restaurant_id,
    currency,
    first_hour AS order_hour,
    COUNT(*) FILTER (WHERE opens_order) AS orders,
    CAST(SUM(net_sales) AS DECIMAL(18, 4)) AS net_sales,
    order_date
FROM order_lines
GROUP BY restaurant_id, currency, first_hour, order_date
