{#- The customer days that a daily run reads: totals before the cutoff date, and the customer days since. -#}

{#- Customer days from `first_day`, the first day of a quarter, up to the as-of date. Closed quarters are read from
    gold_customer_day_by_quarter, which has few files, and the current quarter from gold_customer_day. `columns` are
    columns of gold_customer_day_by_quarter, as SQL. -#}
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

{#- All customer days up to the as-of date: one row for the totals of each customer before the cutoff date, and one row
    for each customer day since. The order_date of the totals is the latest day with an order before the cutoff date.
    A day with refunds only has 0 active_days and no first_order_date. -#}
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

{#- The preferences (dimension, value) of the customer days in the table `days`: for each customer day one row for each
    store, category and time of day, with its orders. -#}
{% macro preferences_of_days(days) -%}
SELECT
        days.app_name,
        days.user_id,
        days.currency,
        'store' AS dimension,
        store.restaurant_id AS value,
        store.orders,
        days.order_date
    FROM {{ days }} AS days
    CROSS JOIN UNNEST(days.restaurant_ids, days.restaurant_orders) AS store (restaurant_id, orders)
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

{#- Columns of gold_customer_day_by_quarter that preferences_of_days reads. -#}
{% set preference_columns -%}
app_name, user_id, currency, order_date, restaurant_ids, restaurant_orders, item_categories, item_category_orders,
        morning_orders, midday_orders, afternoon_orders, evening_orders, night_orders
{%- endset %}
