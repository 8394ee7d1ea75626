-- about: Which kind of customer each one is, by recency, frequency and money, and how they behave.
-- grain: app_name x user_id x currency x as_of_date
-- partition: as_of_date
-- reads: gold_customer_facts, gold_customer_day
-- denominator: guests out
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of every amount in the row
--   days_since_last_order: days from the latest order to the as-of date
--   orders: orders to date
--   net_sales: net sales to date
--   r_score: recency: 5 up to 14 days, 4 up to 30, 3 up to 90, 2 up to 180, 1 beyond
--   f_score: frequency: 1 for 1 order, 2 for 2, 3 for 3-4, 4 for 5-9, 5 for 10 or more
--   m_score: money: 1 to 5 by quintile cut-offs frozen at m_cutoffs_frozen_on
--   m_cutoffs_frozen_on: date from which the money cut-offs hold
--   rfm_code: the three scores side by side, for example 545
--   segment: Champions, Loyal, Potential loyalist, New, Promising, Needs attention, At risk, Hibernating, Lost or One-time: the first that fits
--   favourite_restaurant_id: store with most orders; on a tie the later visited, then the first by name
--   favourite_restaurant_order_share: part of the customer's orders that went to the favourite store
--   stores_visited: different stores ordered from
--   favourite_item_category: category in most orders; on a tie the later bought, then the first by name
--   favourite_daypart: morning, midday, afternoon, evening or night with most orders; on a tie the later, then the first by name
--   weekend_order_share: part of the orders placed on Saturday or Sunday
--   as_of_date: the last day counted
{% import 'macros/rfm.sql' as rfm %}
WITH customer_days AS (
    SELECT *
    FROM {{ database }}.gold_customer_day
    WHERE order_date <= {{ as_of_date }}
),
store_orders AS (
    SELECT
        customer_days.app_name,
        customer_days.user_id,
        customer_days.currency,
        ELEMENT_AT(customer_days.restaurant_ids, place.i) AS restaurant_id,
        SUM(ELEMENT_AT(customer_days.restaurant_orders, place.i)) AS orders,
        MAX(customer_days.order_date) AS last_order_date
    FROM customer_days
    CROSS JOIN UNNEST(SEQUENCE(1, CAST(CARDINALITY(customer_days.restaurant_ids) AS BIGINT))) AS place (i)
    GROUP BY 1, 2, 3, 4
),
ranked_stores AS (
    SELECT
        *,
        COUNT(*) OVER (PARTITION BY app_name, user_id, currency) AS stores_visited,
        ROW_NUMBER() OVER (
            PARTITION BY app_name, user_id, currency ORDER BY orders DESC, last_order_date DESC, restaurant_id
        ) AS preference
    FROM store_orders
),
category_orders AS (
    SELECT
        customer_days.app_name,
        customer_days.user_id,
        customer_days.currency,
        ELEMENT_AT(customer_days.item_categories, place.i) AS item_category,
        SUM(ELEMENT_AT(customer_days.item_category_orders, place.i)) AS orders,
        MAX(customer_days.order_date) AS last_order_date
    FROM customer_days
    CROSS JOIN UNNEST(SEQUENCE(1, CAST(CARDINALITY(customer_days.item_categories) AS BIGINT))) AS place (i)
    GROUP BY 1, 2, 3, 4
),
ranked_categories AS (
    SELECT
        *,
        ROW_NUMBER() OVER (
            PARTITION BY app_name, user_id, currency ORDER BY orders DESC, last_order_date DESC, item_category
        ) AS preference
    FROM category_orders
),
daypart_days AS (
    SELECT
        customer_days.app_name,
        customer_days.user_id,
        customer_days.currency,
        customer_days.order_date,
        daypart.name AS daypart,
        CASE daypart.name
            WHEN 'morning' THEN customer_days.morning_orders
            WHEN 'midday' THEN customer_days.midday_orders
            WHEN 'afternoon' THEN customer_days.afternoon_orders
            WHEN 'evening' THEN customer_days.evening_orders
            ELSE customer_days.night_orders
        END AS orders
    FROM customer_days
    CROSS JOIN UNNEST(ARRAY['morning', 'midday', 'afternoon', 'evening', 'night']) AS daypart (name)
),
ranked_dayparts AS (
    SELECT
        app_name,
        user_id,
        currency,
        daypart,
        ROW_NUMBER() OVER (
            PARTITION BY app_name, user_id, currency ORDER BY SUM(orders) DESC, MAX(order_date) DESC, daypart
        ) AS preference
    FROM daypart_days
    WHERE orders > 0
    GROUP BY app_name, user_id, currency, daypart
),
weekends AS (
    SELECT
        app_name,
        user_id,
        currency,
        COALESCE(SUM(orders) FILTER (WHERE DAY_OF_WEEK(order_date) >= 6), 0) AS weekend_orders
    FROM customer_days
    GROUP BY app_name, user_id, currency
)
SELECT
    customers.app_name,
    customers.user_id,
    customers.currency,
    customers.days_since_last_order,
    customers.orders,
    CAST(customers.net_sales AS DECIMAL(18, 2)) AS net_sales,
    customers.r_score,
    customers.f_score,
    customers.m_score,
    customers.m_cutoffs_frozen_on,
    CAST(customers.r_score * 100 + customers.f_score * 10 + customers.m_score AS VARCHAR) AS rfm_code,
    CAST(
        {{ rfm.segment("customers.r_score", "customers.f_score", "customers.m_score") }} AS VARCHAR
    ) AS segment,
    ranked_stores.restaurant_id AS favourite_restaurant_id,
    CAST(ranked_stores.orders AS DOUBLE) / NULLIF(customers.orders, 0) AS favourite_restaurant_order_share,
    COALESCE(ranked_stores.stores_visited, 0) AS stores_visited,
    ranked_categories.item_category AS favourite_item_category,
    CAST(ranked_dayparts.daypart AS VARCHAR) AS favourite_daypart,
    CAST(weekends.weekend_orders AS DOUBLE) / NULLIF(customers.orders, 0) AS weekend_order_share,
    customers.as_of_date
FROM {{ database }}.gold_customer_facts AS customers
INNER JOIN weekends
    ON weekends.app_name = customers.app_name
    AND weekends.user_id = customers.user_id
    AND weekends.currency = customers.currency
LEFT JOIN ranked_stores
    ON ranked_stores.app_name = customers.app_name
    AND ranked_stores.user_id = customers.user_id
    AND ranked_stores.currency = customers.currency
    AND ranked_stores.preference = 1
LEFT JOIN ranked_categories
    ON ranked_categories.app_name = customers.app_name
    AND ranked_categories.user_id = customers.user_id
    AND ranked_categories.currency = customers.currency
    AND ranked_categories.preference = 1
LEFT JOIN ranked_dayparts
    ON ranked_dayparts.app_name = customers.app_name
    AND ranked_dayparts.user_id = customers.user_id
    AND ranked_dayparts.currency = customers.currency
    AND ranked_dayparts.preference = 1
WHERE customers.as_of_date = {{ as_of_date }}
