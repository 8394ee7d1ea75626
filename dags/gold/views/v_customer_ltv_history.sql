-- about: How each customer's value grew, day of purchase by day of purchase.
-- grain: app_name x user_id x currency x order_date
-- partition: none
-- reads: gold_customer_day
-- denominator: guests out
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of every amount in the row
--   active_day: 1 for the customer's first day with an order, 2 for the second and so on; a day with refunds only has the number of the active day before
--   days_since_previous_order: days since the active day before; null on the first, and on a day with refunds only
--   orders: orders of the day
--   net_sales: net sales of the day
--   running_orders: orders up to and with the day
--   running_net_sales: lifetime value so far: net sales up to and with the day
--   order_date: the day
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
