-- about: Where, what and when each customer bought before the opening date: a row for each store, category and time of day.
-- grain: app_name x user_id x currency x dimension x value x cutoff_date
-- partition: cutoff_date
-- reads: gold_customer_day_by_quarter
-- denominator: guests out
-- renamed from: gold_opening_choices
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of the orders
--   dimension: store, category or daypart
--   value: which store, which category, or morning, midday, afternoon, evening or night
--   orders: orders there, holding it, or then
--   last_order_date: latest day with such an order before the opening date
--   cutoff_date: first day that is not counted
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
