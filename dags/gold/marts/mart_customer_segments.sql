-- about: The segment of each customer by recency, frequency and money, and the favourite store, category and time of day.
-- grain: app_name x user_id x currency x as_of_date
-- partition: as_of_date
-- reads: gold_customer_facts, gold_customer_preferences_before_cutoff, gold_customer_day_by_quarter, gold_customer_day
-- denominator: guests out
-- columns:
--   app_name: ordering channel; together with user_id it identifies a customer
--   user_id: user id within the channel; together with app_name it identifies a customer
--   currency: currency of all amounts in the row
--   days_since_last_order: days from the latest order to the as-of date
--   orders: orders to date
--   net_sales: gross sales less discounts and refunds, to date
--   r_score: recency score by days_since_last_order: 5 up to 14 days, 4 up to 30, 3 up to 90, 2 up to 180, 1 above
--   f_score: frequency score by orders: 1 for 1 order, 2 for 2, 3 for 3-4, 4 for 5-9, 5 for 10 or more
--   m_score: money score: 1 to 5 by fifths of the customers in the currency, ranked by net sales; equal amounts get equal scores
--   m_cutoffs_frozen_on: the limits between the money scores come from the net sales before this date (the start of the quarter); without orders before it, from those up to the as-of date
--   rfm_code: r_score, f_score and m_score as three digits, for example 545
--   segment: the first that fits of Champions (r 4+, f 4+, m 4+), Loyal (r 3+, f 4+), Potential loyalist (r 4+, f 2+), New (r 5+), Promising (r 4+), Needs attention (r 3+, f 2+), At risk (r 2+, f 3+), Hibernating (r 2+, f 2+), Lost (f 2+), One-time (all others)
--   favourite_restaurant_id: store with the most orders; on a tie the one visited last, then the first by id
--   favourite_restaurant_order_share: share of the customer's orders that were placed at the favourite store
--   stores_visited: number of different stores with an order
--   favourite_item_category: category in the most orders; on a tie the one bought last, then the first by name
--   favourite_daypart: morning, midday, afternoon, evening or night: the one with the most orders; on a tie the one ordered in last, then the first by name
--   weekend_order_share: share of the orders that were placed on a Saturday or Sunday
--   as_of_date: last day that is counted
{% import 'macros/customer_days.sql' as customer_days %}
{% import 'macros/rfm.sql' as rfm %}
WITH days_since AS (
    {{ customer_days.since(database, cutoff_date, as_of_date, customer_days.preference_columns) }}
),
preferences AS (
    {{ customer_days.preferences_of_days("days_since") }}
    UNION ALL
    SELECT app_name, user_id, currency, dimension, value, orders, last_order_date AS order_date
    FROM {{ database }}.gold_customer_preferences_before_cutoff
    WHERE cutoff_date = {{ cutoff_date }}
),
ranked_preferences AS (
    SELECT
        app_name,
        user_id,
        currency,
        dimension,
        value,
        SUM(orders) AS orders,
        COUNT(*) OVER (PARTITION BY app_name, user_id, currency, dimension) AS different,
        ROW_NUMBER() OVER (
            PARTITION BY app_name, user_id, currency, dimension ORDER BY SUM(orders) DESC, MAX(order_date) DESC, value
        ) AS preference
    FROM preferences
    GROUP BY app_name, user_id, currency, dimension, value
),
favourites AS (
    SELECT
        app_name,
        user_id,
        currency,
        MAX(value) FILTER (WHERE dimension = 'store') AS restaurant_id,
        MAX(orders) FILTER (WHERE dimension = 'store') AS restaurant_orders,
        MAX(different) FILTER (WHERE dimension = 'store') AS stores_visited,
        MAX(value) FILTER (WHERE dimension = 'category') AS item_category,
        MAX(value) FILTER (WHERE dimension = 'daypart') AS daypart
    FROM ranked_preferences
    WHERE preference = 1
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
    favourites.restaurant_id AS favourite_restaurant_id,
    CAST(favourites.restaurant_orders AS DOUBLE) / NULLIF(customers.orders, 0) AS favourite_restaurant_order_share,
    COALESCE(favourites.stores_visited, 0) AS stores_visited,
    favourites.item_category AS favourite_item_category,
    CAST(favourites.daypart AS VARCHAR) AS favourite_daypart,
    CAST(customers.weekend_orders AS DOUBLE) / NULLIF(customers.orders, 0) AS weekend_order_share,
    customers.as_of_date
FROM {{ database }}.gold_customer_facts AS customers
LEFT JOIN favourites
    ON favourites.app_name = customers.app_name
    AND favourites.user_id = customers.user_id
    AND favourites.currency = customers.currency
WHERE customers.as_of_date = {{ as_of_date }}
