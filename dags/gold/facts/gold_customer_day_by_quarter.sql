-- about: The customer days of closed quarters, one partition for each quarter: reading several quarters opens few files.
-- grain: app_name x user_id x currency x order_date x quarter
-- partition: quarter
-- reads: gold_customer_day
-- denominator: guests out
-- renamed from: gold_customer_history
-- columns:
--   app_name: ordering channel; together with user_id it identifies a customer
--   user_id: user id within the channel; together with app_name it identifies a customer
--   currency: currency of all amounts in the row
--   order_date: local calendar date of the order lines
--   {{ customer_measures }}
--   restaurant_ids: stores with an order, sorted by id
--   restaurant_orders: orders at each store of restaurant_ids, in the same sequence
--   item_categories: categories of the items, sorted by name
--   item_category_orders: orders with an item of each category of item_categories, in the same sequence
--   morning_orders: orders placed from 05:00 to 10:59 local time
--   midday_orders: orders placed from 11:00 to 13:59 local time
--   afternoon_orders: orders placed from 14:00 to 16:59 local time
--   evening_orders: orders placed from 17:00 to 20:59 local time
--   night_orders: orders placed from 21:00 to 04:59 local time
--   sample_bucket: 0 to 4095, computed from app_name and user_id; the customers of the first buckets are a fixed random sample
--   quarter: first day of the quarter; the days of the current quarter are in gold_customer_day only
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
