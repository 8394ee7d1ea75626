-- about: The orders of each customer before the cutoff date by store, category and time of day: one row for each value of a dimension.
-- grain: app_name x user_id x currency x dimension x value x cutoff_date
-- partition: cutoff_date
-- reads: gold_customer_day_by_quarter
-- denominator: guests out
-- renamed from: gold_opening_choices
-- columns:
--   app_name: ordering channel; together with user_id it identifies a customer
--   user_id: user id within the channel; together with app_name it identifies a customer
--   currency: currency of the orders
--   dimension: store, category or daypart
--   value: restaurant_id of the store, name of the category, or name of the daypart (morning, midday, afternoon, evening, night)
--   orders: orders at the store, with an item of the category, or in the daypart
--   last_order_date: latest day with such an order
--   cutoff_date: first day that is not counted: the first day of the quarter five quarters before the quarter of the process date
{% import 'macros/customer_days.sql' as customer_days %}
WITH days_before AS (
    SELECT {{ customer_days.preference_columns }}
    FROM {{ database }}.gold_customer_day_by_quarter
    WHERE quarter < {{ cutoff_date }}
),
preferences AS (
    {{ customer_days.preferences_of_days("days_before") }}
)
SELECT
    app_name,
    user_id,
    currency,
    CAST(dimension AS VARCHAR) AS dimension,
    CAST(value AS VARCHAR) AS value,
    CAST(SUM(orders) AS BIGINT) AS orders,
    MAX(order_date) AS last_order_date,
    {{ cutoff_date }} AS cutoff_date
FROM preferences
GROUP BY app_name, user_id, currency, dimension, value
