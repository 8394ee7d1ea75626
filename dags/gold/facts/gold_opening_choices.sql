-- about: Where, what and when each customer bought before the opening date: a row for each store, category and time of day.
-- grain: app_name x user_id x currency x choice x chosen x opening_date
-- partition: opening_date
-- reads: gold_customer_history
-- denominator: guests out
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of the orders
--   choice: store, category or daypart
--   chosen: which store, which category, or morning, midday, afternoon, evening or night
--   orders: orders there, holding it, or then
--   last_order_date: latest day with such an order before the opening date
--   opening_date: first day that is not counted
{% import 'macros/customer_days.sql' as customer_days %}
WITH days_before AS (
    SELECT {{ customer_days.choice_columns }}
    FROM {{ database }}.gold_customer_history
    WHERE quarter < {{ opening_date }}
),
choices AS (
    {{ customer_days.choices_of_days("days_before") }}
)
SELECT
    app_name,
    user_id,
    currency,
    CAST(choice AS VARCHAR) AS choice,
    CAST(chosen AS VARCHAR) AS chosen,
    CAST(SUM(orders) AS BIGINT) AS orders,
    MAX(order_date) AS last_order_date,
    {{ opening_date }} AS opening_date
FROM choices
GROUP BY app_name, user_id, currency, choice, chosen
