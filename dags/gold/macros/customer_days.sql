{#- What customers did, read from what changes with a day's run and from what is closed. -#}

{#- Customer days from the first day of a quarter up to the as-of date: closed quarters from their few files, the
    quarter of the as-of date from its days. `columns` are those of gold_customer_day_by_quarter, as SQL. -#}
{% macro since(database, first_day, as_of_date, columns) -%}
SELECT {{ columns }}
    FROM {{ database }}.gold_customer_day_by_quarter
    WHERE quarter >= {{ first_day }}
        AND quarter < DATE_TRUNC('quarter', {{ as_of_date }})
    UNION ALL
    SELECT {{ columns }}
    FROM {{ database }}.gold_customer_day
    WHERE order_date >= DATE_TRUNC('quarter', {{ as_of_date }})
        AND order_date <= {{ as_of_date }}
{%- endmacro %}

{#- Everything that customers did up to the as-of date: a row for each one's balance at the opening date, which stands
    for all the days up to its order_date, the latest active one of them; and a row for each day since. A day with
    refunds only is a row of 0 active_days without first_order_date. -#}
{% macro totals_and_days(database, cutoff_date, as_of_date) -%}
{% set measures = customer_measures | map(attribute='name') | join(',\n        ') %}
SELECT
        app_name,
        user_id,
        currency,
        first_order_date,
        COALESCE(last_order_date, DATE_ADD('day', -1, cutoff_date)) AS order_date,
        active_days,
        longest_gap_days,
        {{ measures }},
        weekend_orders
    FROM {{ database }}.gold_customer_totals_before_cutoff
    WHERE cutoff_date = {{ cutoff_date }}
    UNION ALL
    SELECT
        app_name,
        user_id,
        currency,
        IF(items > 0, order_date) AS first_order_date,
        order_date,
        IF(items > 0, 1, 0) AS active_days,
        NULL AS longest_gap_days,
        {{ measures }},
        IF(DAY_OF_WEEK(order_date) >= 6, orders, 0) AS weekend_orders
    FROM (
        {{ since(database, cutoff_date, as_of_date, "app_name, user_id, currency, order_date, " ~ measures) }}
    ) AS days_since
{%- endmacro %}

{#- What was preferred on each of the customer days of `days`, a table: a row for each store, category and time of day. -#}
{% macro preferences_of_days(days) -%}
SELECT
        days.app_name,
        days.user_id,
        days.currency,
        'store' AS dimension,
        place.restaurant_id AS value,
        place.orders,
        days.order_date
    FROM {{ days }} AS days
    CROSS JOIN UNNEST(days.restaurant_ids, days.restaurant_orders) AS place (restaurant_id, orders)
    UNION ALL
    SELECT
        days.app_name,
        days.user_id,
        days.currency,
        'category' AS dimension,
        category.name AS value,
        category.orders,
        days.order_date
    FROM {{ days }} AS days
    CROSS JOIN UNNEST(days.item_categories, days.item_category_orders) AS category (name, orders)
    UNION ALL
    SELECT
        days.app_name,
        days.user_id,
        days.currency,
        'daypart' AS dimension,
        daypart.name AS value,
        daypart.orders,
        days.order_date
    FROM {{ days }} AS days
    CROSS JOIN UNNEST(
        ARRAY['morning', 'midday', 'afternoon', 'evening', 'night'],
        ARRAY[
            days.morning_orders, days.midday_orders, days.afternoon_orders, days.evening_orders, days.night_orders
        ]
    ) AS daypart (name, orders)
    WHERE daypart.orders > 0
{%- endmacro %}
{% set preference_columns -%}
app_name, user_id, currency, order_date, restaurant_ids, restaurant_orders, item_categories, item_category_orders,
        morning_orders, midday_orders, afternoon_orders, evening_orders, night_orders
{%- endset %}
