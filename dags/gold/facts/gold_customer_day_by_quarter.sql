-- about: The customer days of closed quarters again, a file a quarter: what reads more than a quarter would open a file a day.
-- grain: app_name x user_id x currency x order_date x quarter
-- partition: quarter
-- reads: gold_customer_day
-- denominator: guests out
-- renamed from: gold_customer_history
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of every amount in the row
--   order_date: local calendar date of the lines
--   {{ customer_measures }}
--   restaurant_ids: stores ordered from, by name
--   restaurant_orders: orders at each of restaurant_ids, in the same sequence
--   item_categories: categories bought, by name
--   item_category_orders: orders holding each of item_categories, in the same sequence
--   morning_orders: orders placed from 05:00 to 10:59 local time
--   midday_orders: orders placed from 11:00 to 13:59
--   afternoon_orders: orders placed from 14:00 to 16:59
--   evening_orders: orders placed from 17:00 to 20:59
--   night_orders: orders placed from 21:00 to 04:59
--   sample_bucket: 0 to 4095, the same on all days of a customer
--   quarter: first day of the quarter; the quarter that goes on is not here but in gold_customer_day
SELECT
    app_name,
    user_id,
    currency,
    order_date,
{% for measure in customer_measures %}
    {{ measure.name }},
{% endfor %}
    restaurant_ids,
    restaurant_orders,
    item_categories,
    item_category_orders,
    morning_orders,
    midday_orders,
    afternoon_orders,
    evening_orders,
    night_orders,
    sample_bucket,
    CAST(DATE_TRUNC('quarter', order_date) AS DATE) AS quarter
FROM {{ database }}.gold_customer_day
WHERE DATE_TRUNC('quarter', order_date) IN ({{ quarters }})
