-- about: The growth of the value of each customer, by day with an order or refund.
-- grain: app_name x user_id x currency x order_date
-- partition: none
-- reads: gold_customer_day
-- denominator: guests out
-- columns:
--   app_name: ordering channel; together with user_id it identifies a customer
--   user_id: user id within the channel; together with app_name it identifies a customer
--   currency: currency of all amounts in the row
--   active_day: number of the day among the customer's days with an order, from 1; a day with refunds only has the number of the active day before it
--   days_since_previous_order: days since the active day before; null on the first one, and on a day with refunds only
--   orders: orders of the day
--   net_sales: gross sales less discounts and refunds, of the day
--   running_orders: orders up to and including the day
--   running_net_sales: customer value so far: net sales up to and including the day
--   order_date: local calendar date of the order lines
SELECT
    app_name,
    user_id,
    currency,
    COUNT(*) FILTER (WHERE items > 0) OVER history AS active_day,
    IF(
        items > 0,
        DATE_DIFF(
            'day',
            LAG(order_date) OVER (PARTITION BY app_name, user_id, currency, items > 0 ORDER BY order_date),
            order_date
        )
    ) AS days_since_previous_order,
    orders,
    net_sales,
    CAST(SUM(orders) OVER history AS BIGINT) AS running_orders,
    CAST(SUM(net_sales) OVER history AS DECIMAL(18, 4)) AS running_net_sales,
    order_date
FROM {{ database }}.gold_customer_day
WINDOW history AS (PARTITION BY app_name, user_id, currency ORDER BY order_date)
