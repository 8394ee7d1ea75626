-- about: Loyalty orders and customers compared with the others: a plain comparison, and the adjusted effect of joining the programme.
-- grain: metric x period_type x period_start x currency x as_of_date
-- partition: as_of_date
-- reads: gold_daily_sales_by_store, gold_customer_facts, gold_loyalty_customers_by_closed_year, gold_customer_day_by_quarter, gold_customer_day, gold_loyalty_effects
-- denominator: guests in
-- columns:
--   metric: net_sales, orders, aov (for orders); customers, orders_per_customer, active_days_per_customer, net_sales_per_customer, repeat_rate, retention (for customers)
--   period_type: month, year or all (from the first day of the data to the as-of date)
--   period_start: first day of the period
--   is_whole_period: true if the data begins by the start of the period and the period ended by the as-of date; always true for all
--   currency: currency of all amounts in the row
--   denominator: guests in for metrics of orders: non-loyal orders include guests; guests out for metrics of customers: a customer is loyal in a period with a loyalty order
--   loyal_numerator: what the metric counts, for the loyal side
--   loyal_denominator: what the numerator is divided by, for the loyal side; null for a total
--   loyal_value: value of the metric, for the loyal side
--   non_loyal_numerator: what the metric counts, for the non-loyal side
--   non_loyal_denominator: what the numerator is divided by, for the non-loyal side; null for a total
--   non_loyal_value: value of the metric, for the non-loyal side
--   naive_difference: loyal_value - non_loyal_value; it is not the effect of the programme, because customers who join differ from those who do not
--   naive_ratio: loyal_value / non_loyal_value
--   loyal_share: loyal share of a total (net_sales, orders, customers); null if the total of one side is negative
--   effect_window_days: number of days before and after joining that the effect compares
--   effect_ratio: factor by which joining changes the metric in the days after it, compared with similar customers who have not joined yet (for aov: with the customer's own earlier orders); null unless effect_status is identified
--   effect_lower: lower end of the 95 % interval of effect_ratio
--   effect_upper: upper end of the 95 % interval of effect_ratio
--   placebo_ratio: the same comparison one window earlier, before anybody joined; a fair comparison gives about 1
--   placebo_lower: lower end of the 95 % interval of placebo_ratio
--   placebo_upper: upper end of the 95 % interval of placebo_ratio
--   treated_customers: number of customers who joined and could be compared
--   control_customer_days: days with an order of similar customers who have not joined yet
--   effect_status: identified, not_identified (the interval of placebo_ratio excludes 1), insufficient_data or not_supported (no loyalty orders, or no customers seen before joining); null where no effect is estimated: months, years, other metrics
--   as_of_date: last day that is counted
{% import 'macros/customer_days.sql' as customer_days %}
{% import 'macros/customer_periods.sql' as customer_periods %}
WITH sales_days AS (
    SELECT order_date, MIN(order_date) OVER () AS first_date
    FROM {{ database }}.gold_daily_sales_by_store
    WHERE order_date <= {{ as_of_date }}
    GROUP BY order_date
),
periods AS (
    -- Every day with its month, its year and the whole time.
    SELECT
        sales_days.order_date,
        sales_days.first_date,
        period.period_type,
        CAST(
            CASE period.period_type
                WHEN 'month' THEN DATE_TRUNC('month', sales_days.order_date)
                WHEN 'year' THEN DATE_TRUNC('year', sales_days.order_date)
                ELSE sales_days.first_date
            END AS DATE
        ) AS period_start,
        CAST(
            CASE period.period_type
                WHEN 'month' THEN DATE_ADD('month', 1, DATE_TRUNC('month', sales_days.order_date))
                WHEN 'year' THEN DATE_ADD('year', 1, DATE_TRUNC('year', sales_days.order_date))
            END AS DATE
        ) AS next_start,
        CAST(
            CASE period.period_type
                WHEN 'month' THEN DATE_ADD('month', 2, DATE_TRUNC('month', sales_days.order_date))
                WHEN 'year' THEN DATE_ADD('year', 2, DATE_TRUNC('year', sales_days.order_date))
            END AS DATE
        ) AS after_next_start
    FROM sales_days
    CROSS JOIN UNNEST(ARRAY['month', 'year', 'all']) AS period (period_type)
),
order_totals AS (
    -- One row for loyal orders and one for the others, also if one of them has no orders.
    SELECT
        periods.period_type,
        periods.period_start,
        periods.next_start,
        periods.after_next_start,
        periods.first_date,
        sales.currency,
        cohort.is_loyal,
        SUM(IF(cohort.is_loyal, sales.loyalty_net_sales, sales.non_loyalty_net_sales)) AS net_sales,
        SUM(IF(cohort.is_loyal, sales.loyalty_orders, sales.non_loyalty_orders)) AS orders
    FROM {{ database }}.gold_daily_sales_by_store AS sales
    INNER JOIN periods
        ON periods.order_date = sales.order_date
    CROSS JOIN UNNEST(ARRAY[TRUE, FALSE]) AS cohort (is_loyal)
    GROUP BY 1, 2, 3, 4, 5, 6, 7
),
open_days AS (
    {{ customer_days.since(database, first_open_year, as_of_date, customer_periods.loyalty_columns) }}
),
open_days_by_period AS (
    {{ customer_periods.periods_of("open_days") }}
),
customer_totals AS (
    SELECT
        period_type,
        period_start,
        currency,
        is_loyal,
        customers,
        orders,
        net_sales,
        active_days,
        repeat_customers,
        returning_customers
    FROM {{ database }}.gold_loyalty_customers_by_closed_year
    WHERE year < {{ first_open_year }}
    UNION ALL
    {{ customer_periods.loyalty_counts("open_days_by_period") }}
    UNION ALL
    SELECT
        'all' AS period_type,
        (SELECT MIN(first_date) FROM sales_days) AS period_start,
        currency,
        loyalty_orders > 0 AS is_loyal,
        COUNT(*) AS customers,
        SUM(orders) AS orders,
        SUM(net_sales) AS net_sales,
        SUM(active_days) AS active_days,
        COUNT(*) FILTER (WHERE orders >= 2) AS repeat_customers,
        NULL AS returning_customers
    FROM {{ database }}.gold_customer_facts
    WHERE as_of_date = {{ as_of_date }}
    GROUP BY currency, loyalty_orders > 0
),
measures AS (
    -- Retention is known only when the next period is over.
    SELECT
        metric.name AS metric,
        order_totals.*,
        CAST(
            CASE metric.name
                WHEN 'orders' THEN order_totals.orders
                WHEN 'customers' THEN COALESCE(customer_totals.customers, 0)
                WHEN 'orders_per_customer' THEN customer_totals.orders
                WHEN 'active_days_per_customer' THEN customer_totals.active_days
                WHEN 'net_sales_per_customer' THEN customer_totals.net_sales
                WHEN 'repeat_rate' THEN customer_totals.repeat_customers
                WHEN 'retention' THEN
                    IF(
                        DATE_DIFF('day', {{ as_of_date }}, order_totals.after_next_start) <= 1,
                        customer_totals.returning_customers
                    )
                ELSE order_totals.net_sales
            END AS DECIMAL(18, 2)
        ) AS numerator,
        CASE
            WHEN metric.name IN ('net_sales', 'orders', 'customers') THEN NULL
            WHEN metric.name = 'aov' THEN CAST(order_totals.orders AS BIGINT)
            ELSE COALESCE(customer_totals.customers, 0)
        END AS denominator
    FROM order_totals
    LEFT JOIN customer_totals
        ON customer_totals.period_type = order_totals.period_type
        AND customer_totals.period_start = order_totals.period_start
        AND customer_totals.currency = order_totals.currency
        AND customer_totals.is_loyal = order_totals.is_loyal
    CROSS JOIN UNNEST(ARRAY[
        'net_sales', 'orders', 'aov',
        'customers', 'orders_per_customer', 'active_days_per_customer', 'net_sales_per_customer',
        'repeat_rate', 'retention'
    ]) AS metric (name)
    WHERE order_totals.period_type <> 'all'
        OR metric.name <> 'retention'
),
comparisons AS (
    SELECT
        metric,
        period_type,
        period_start,
        period_type = 'all'
            OR (first_date <= period_start AND DATE_DIFF('day', {{ as_of_date }}, next_start) <= 1) AS is_whole_period,
        currency,
        MAX(numerator) FILTER (WHERE is_loyal) AS loyal_numerator,
        MAX(denominator) FILTER (WHERE is_loyal) AS loyal_denominator,
        MAX(IF(denominator IS NULL, CAST(numerator AS DOUBLE), CAST(numerator AS DOUBLE) / NULLIF(denominator, 0)))
            FILTER (WHERE is_loyal) AS loyal_value,
        MAX(numerator) FILTER (WHERE NOT is_loyal) AS non_loyal_numerator,
        MAX(denominator) FILTER (WHERE NOT is_loyal) AS non_loyal_denominator,
        MAX(IF(denominator IS NULL, CAST(numerator AS DOUBLE), CAST(numerator AS DOUBLE) / NULLIF(denominator, 0)))
            FILTER (WHERE NOT is_loyal) AS non_loyal_value
    FROM measures
    GROUP BY metric, period_type, period_start, next_start, first_date, currency
),
effects AS (
    -- If the placebo comparison fails, the estimate is not an effect. It is then shown in gold_loyalty_effects only.
    SELECT
        CASE metric
            WHEN 'orders' THEN 'orders_per_customer'
            WHEN 'active_days' THEN 'active_days_per_customer'
            WHEN 'net_sales' THEN 'net_sales_per_customer'
            WHEN 'net_sales_per_order' THEN 'aov'
        END AS metric,
        currency,
        window_days,
        IF(status = 'identified', effect_ratio) AS effect_ratio,
        IF(status = 'identified', effect_lower) AS effect_lower,
        IF(status = 'identified', effect_upper) AS effect_upper,
        placebo_ratio,
        placebo_lower,
        placebo_upper,
        treated_customers,
        control_customer_days,
        status
    FROM {{ database }}.gold_loyalty_effects
    WHERE as_of_date = {{ as_of_date }}
        AND window_days = 90
)
SELECT
    CAST(comparisons.metric AS VARCHAR) AS metric,
    CAST(comparisons.period_type AS VARCHAR) AS period_type,
    comparisons.period_start,
    comparisons.is_whole_period,
    comparisons.currency,
    CAST(IF(comparisons.metric IN ('net_sales', 'orders', 'aov'), 'guests in', 'guests out') AS VARCHAR)
        AS denominator,
    comparisons.loyal_numerator,
    comparisons.loyal_denominator,
    comparisons.loyal_value,
    comparisons.non_loyal_numerator,
    comparisons.non_loyal_denominator,
    comparisons.non_loyal_value,
    comparisons.loyal_value - comparisons.non_loyal_value AS naive_difference,
    comparisons.loyal_value / NULLIF(comparisons.non_loyal_value, 0) AS naive_ratio,
    IF(
        comparisons.metric IN ('net_sales', 'orders', 'customers')
        AND comparisons.loyal_value >= 0
        AND comparisons.non_loyal_value >= 0,
        comparisons.loyal_value / NULLIF(comparisons.loyal_value + comparisons.non_loyal_value, 0)
    ) AS loyal_share,
    effects.window_days AS effect_window_days,
    effects.effect_ratio,
    effects.effect_lower,
    effects.effect_upper,
    effects.placebo_ratio,
    effects.placebo_lower,
    effects.placebo_upper,
    effects.treated_customers,
    effects.control_customer_days,
    -- With guests only there are no customers, so there is no row to join: not supported.
    CAST(
        IF(
            comparisons.period_type = 'all'
            AND comparisons.metric IN (
                'orders_per_customer', 'active_days_per_customer', 'net_sales_per_customer', 'aov'
            ),
            COALESCE(effects.status, 'not_supported')
        ) AS VARCHAR
    ) AS effect_status,
    {{ as_of_date }} AS as_of_date
FROM comparisons
LEFT JOIN effects
    ON effects.metric = comparisons.metric
    AND effects.currency = comparisons.currency
    AND comparisons.period_type = 'all'
