{#- Customers counted by calendar month and year. gold_store_customers_by_closed_year and
    gold_loyalty_customers_by_closed_year count them for closed years, mart_location_performance and mart_loyalty_impact
    for open years. -#}

{#- The rows of `days`, which has order_date, twice: once for the month and once for the year of the day. -#}
{% macro periods_of(days) -%}
SELECT
        days.*,
        period.period_type,
        CAST(
            IF(period.period_type = 'month', DATE_TRUNC('month', days.order_date), DATE_TRUNC('year', days.order_date))
            AS DATE
        ) AS period_start
    FROM {{ days }} AS days
    CROSS JOIN UNNEST(ARRAY['month', 'year']) AS period (period_type)
{%- endmacro %}

{#- Columns of gold_customer_day_by_quarter that store_counts reads. -#}
{% set store_columns %}app_name, user_id, currency, order_date, restaurant_ids, restaurant_orders{% endset %}

{#- The customers of each store in each period, and how many of them have two or more orders there. `periods` has the
    rows of periods_of with store_columns. -#}
{% macro store_counts(periods) -%}
SELECT
        period_type,
        period_start,
        restaurant_id,
        currency,
        COUNT(*) AS customers,
        COUNT(*) FILTER (WHERE orders >= 2) AS repeat_customers
    FROM (
        SELECT
            periods.period_type,
            periods.period_start,
            store.restaurant_id,
            periods.currency,
            SUM(store.orders) AS orders
        FROM {{ periods }} AS periods
        CROSS JOIN UNNEST(periods.restaurant_ids, periods.restaurant_orders) AS store (restaurant_id, orders)
        GROUP BY
            periods.period_type,
            periods.period_start,
            store.restaurant_id,
            periods.currency,
            periods.app_name,
            periods.user_id
    ) AS store_customers
    GROUP BY period_type, period_start, restaurant_id, currency
{%- endmacro %}

{#- Columns of gold_customer_day_by_quarter that loyalty_counts reads. -#}
{% set loyalty_columns %}app_name, user_id, currency, order_date, orders, items, net_sales, loyalty_orders{% endset %}

{#- Loyal customers (with a loyalty order in the period) and other customers in each period. `periods` has the rows of
    periods_of with loyalty_columns. Returning customers also ordered in the next month or year. Customers with refunds
    only in a period are not counted, but their money is. -#}
{% macro loyalty_counts(periods) -%}
SELECT
        period_type,
        period_start,
        currency,
        is_loyal,
        COUNT(*) FILTER (WHERE active_days > 0) AS customers,
        SUM(orders) AS orders,
        SUM(net_sales) AS net_sales,
        SUM(active_days) AS active_days,
        COUNT(*) FILTER (WHERE orders >= 2) AS repeat_customers,
        COUNT(*) FILTER (WHERE active_days > 0 AND next_start = IF(
            period_type = 'month', DATE_ADD('month', 1, period_start), DATE_ADD('year', 1, period_start)
        )) AS returning_customers
    FROM (
        SELECT
            period_type,
            period_start,
            currency,
            SUM(loyalty_orders) > 0 AS is_loyal,
            COUNT(*) FILTER (WHERE items > 0) AS active_days,
            SUM(orders) AS orders,
            SUM(net_sales) AS net_sales,
            LEAD(period_start) OVER (
                PARTITION BY period_type, currency, app_name, user_id, SUM(items) > 0 ORDER BY period_start
            ) AS next_start
        FROM {{ periods }}
        GROUP BY period_type, period_start, currency, app_name, user_id
    ) AS customer_periods
    GROUP BY period_type, period_start, currency, is_loyal
{%- endmacro %}
