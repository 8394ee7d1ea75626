-- about: What each customer bought on each day, in which stores and categories, and at what time of day. A day with refunds only has 0 items.
-- grain: app_name x user_id x currency x order_date
-- partition: order_date
-- reads: silver_order_items
-- denominator: guests out
-- columns:
--   app_name: ordering channel; together with user_id it identifies a customer
--   user_id: user id within the channel; together with app_name it identifies a customer
--   currency: currency of all amounts in the row
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
--   order_date: local calendar date of the order lines
WITH order_lines AS (
    -- Customer and hour of an order are those of its earliest line of the day that is not a refund.
    SELECT
        restaurant_id,
        currency,
        item_category,
        order_date,
{% for column in measured_columns %}
        {{ column }},
{% endfor %}
        is_refund,
        FIRST_VALUE(app_name) OVER earliest AS order_app_name,
        FIRST_VALUE(user_id) OVER earliest AS order_user_id,
        FIRST_VALUE(order_hour) OVER earliest AS first_hour,
        ROW_NUMBER() OVER earliest = 1 AND NOT is_refund AS opens_order,
        ROW_NUMBER() OVER (
            PARTITION BY order_id, order_date, item_category
            ORDER BY is_refund, created_at, lineitem_id
        ) = 1 AND NOT is_refund AS opens_category,
        BOOL_OR(is_loyalty) OVER (PARTITION BY order_id, order_date) AS is_loyalty_order
    FROM {{ database }}.silver_order_items
    WHERE order_date IN ({{ order_dates }})
        AND NOT is_test
    WINDOW earliest AS (PARTITION BY order_id, order_date ORDER BY is_refund, created_at, lineitem_id)
),
customer_lines AS (
    SELECT *
    FROM order_lines
    WHERE order_user_id IS NOT NULL
),
customer_totals AS (
    SELECT
        order_app_name,
        order_user_id,
        currency,
        order_date,
{% for measure in customer_measures %}
        {{ measure.of_lines }} AS {{ measure.name }},
{% endfor %}
        COUNT(*) FILTER (WHERE opens_order AND first_hour BETWEEN 5 AND 10) AS morning_orders,
        COUNT(*) FILTER (WHERE opens_order AND first_hour BETWEEN 11 AND 13) AS midday_orders,
        COUNT(*) FILTER (WHERE opens_order AND first_hour BETWEEN 14 AND 16) AS afternoon_orders,
        COUNT(*) FILTER (WHERE opens_order AND first_hour BETWEEN 17 AND 20) AS evening_orders,
        COUNT(*) FILTER (WHERE opens_order AND (first_hour >= 21 OR first_hour < 5)) AS night_orders
    FROM customer_lines
    GROUP BY order_app_name, order_user_id, currency, order_date
),
orders_by_store AS (
    SELECT order_app_name, order_user_id, currency, order_date, restaurant_id, COUNT(*) AS orders
    FROM customer_lines
    WHERE opens_order
    GROUP BY order_app_name, order_user_id, currency, order_date, restaurant_id
),
store_lists AS (
    SELECT
        order_app_name,
        order_user_id,
        currency,
        order_date,
        ARRAY_AGG(restaurant_id ORDER BY restaurant_id) AS restaurant_ids,
        ARRAY_AGG(orders ORDER BY restaurant_id) AS restaurant_orders
    FROM orders_by_store
    GROUP BY order_app_name, order_user_id, currency, order_date
),
orders_by_category AS (
    SELECT order_app_name, order_user_id, currency, order_date, item_category, COUNT(*) AS orders
    FROM customer_lines
    WHERE opens_category
    GROUP BY order_app_name, order_user_id, currency, order_date, item_category
),
category_lists AS (
    SELECT
        order_app_name,
        order_user_id,
        currency,
        order_date,
        ARRAY_AGG(item_category ORDER BY item_category) AS item_categories,
        ARRAY_AGG(orders ORDER BY item_category) AS item_category_orders
    FROM orders_by_category
    GROUP BY order_app_name, order_user_id, currency, order_date
)
SELECT
    customer_totals.order_app_name AS app_name,
    customer_totals.order_user_id AS user_id,
    customer_totals.currency,
{% for measure in customer_measures %}
    CAST(customer_totals.{{ measure.name }} AS {{ measure.type }}) AS {{ measure.name }},
{% endfor %}
    store_lists.restaurant_ids,
    store_lists.restaurant_orders,
    category_lists.item_categories,
    category_lists.item_category_orders,
    customer_totals.morning_orders,
    customer_totals.midday_orders,
    customer_totals.afternoon_orders,
    customer_totals.evening_orders,
    customer_totals.night_orders,
    FROM_BASE(
        SUBSTR(TO_HEX(MD5(TO_UTF8(customer_totals.order_app_name || '/' || customer_totals.order_user_id))), 1, 3), 16
    ) AS sample_bucket,
    customer_totals.order_date
FROM customer_totals
LEFT JOIN store_lists
    ON store_lists.order_app_name = customer_totals.order_app_name
    AND store_lists.order_user_id = customer_totals.order_user_id
    AND store_lists.currency = customer_totals.currency
    AND store_lists.order_date = customer_totals.order_date
LEFT JOIN category_lists
    ON category_lists.order_app_name = customer_totals.order_app_name
    AND category_lists.order_user_id = customer_totals.order_user_id
    AND category_lists.currency = customer_totals.currency
    AND category_lists.order_date = customer_totals.order_date
