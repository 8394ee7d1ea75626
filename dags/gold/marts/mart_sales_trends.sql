-- about: Sales of the chain, each store and each category by day, week and month, compared with the past and with the expected values, and the effect of holidays.
-- grain: level x level_key x currency x period_type x period_start x as_of_date
-- partition: as_of_date
-- reads: gold_daily_sales_by_store, gold_item_sales_by_day, silver_date_dim
-- denominator: guests in
-- columns:
--   level: chain, store or category (categories are of the whole chain)
--   level_key: all for the chain, the restaurant_id of a store, or the item_category
--   currency: currency of all amounts in the row
--   period_type: day, week (Monday to Sunday) or month; a period without sales has no row
--   period_start: first day of the period
--   period_end: last calendar day of the period
--   is_whole_period: true if the level_key had sales by the start of the period and the period ended by the as-of date
--   open_days: days of the period with sales; a day with refunds only is not counted
--   gross_sales: item amounts plus positive option amounts, before discounts
--   discount_amount: discounts (negative options), as a positive amount
--   refund_amount: refunds (negative lines, and options taken back), as a positive amount
--   net_sales: gross sales less discounts and refunds
--   orders: orders; for a category the orders with an item of it, so an order can count in several categories
--   items: units sold, before refunds
--   aov: net sales per order
--   net_sales_share: share of the net sales of the level in the period and currency
--   net_sales_mean_7d: for days: mean net sales of the last seven days with sales; null for the first six days
--   net_sales_previous_week: for whole weeks: net sales of the week before, if that was whole too
--   open_days_previous_week: days with sales in the week before
--   net_sales_week_over_week: change of net sales against net_sales_previous_week, as a share of it; null, like every change of a week or month, if that is not above zero or one of the two has fewer days with sales than 80 % of the other's
--   net_sales_year_ago_weekday: for days and whole weeks: net sales 364 days earlier, on the same weekday
--   open_days_year_ago_weekday: days with sales in the day or week 364 days earlier
--   net_sales_yoy_weekday: change of net sales against net_sales_year_ago_weekday, as a share of it
--   net_sales_year_ago_calendar: for days and whole months: net sales of the same calendar date or month one year earlier
--   open_days_year_ago_calendar: days with sales in that date or month
--   net_sales_yoy_calendar: change of net sales against net_sales_year_ago_calendar, as a share of it
--   expected_net_sales: for days: mean net sales of the last 8 same weekdays with sales, null until there are 8; for weeks: the sum of these means over the days with sales of the week
--   expected_orders: expected number of orders, computed like expected_net_sales
--   anomaly_dispersion: variance of orders around their expected number, divided by the variance of pure chance (Poisson), for ordinary periods of this size; estimated from the past of the level_key: the upper end of its 95 % interval, at least 1
--   anomaly_z: distance of the orders from expected_orders, in standard deviations (Anscombe 1948); orders are used because one large order changes net sales a lot
--   is_anomaly: true if anomaly_z is 3 or more, or -3 or less; null if the period is not judged
--   anomaly_status: judged, insufficient_data (fewer than 8 same weekdays before, or fewer than 26 such periods to estimate anomaly_dispersion), period_not_over or not_judged (only days of the chain and weeks of a store have enough orders and few enough tests)
--   is_holiday: for days: holiday flag of the calendar; it comes from the source or, for days that the source does not cover, from the list of public holidays
--   holiday_name: for days: name of the holiday
--   holiday_effect: for holidays: net sales above or below the expected ones, relative to ordinary days, as a share; geometric mean over the days with this holiday name so far
--   holiday_effect_low: lower end of the 95 % interval of holiday_effect; it uses the larger of two variances: of ordinary days, and of the same holiday in other years
--   holiday_effect_high: upper end of that interval
--   holiday_effect_days: number of days behind holiday_effect: days with this holiday name, sales above zero and an expected value
--   holiday_effect_status: estimated, insufficient_data (no such day, or fewer than 26 ordinary days to compare with), not_a_holiday, not_in_calendar or not_a_day (weeks and months)
--   as_of_date: last day that is counted
{% import 'macros/anomalies.sql' as anomalies %}
{% import 'macros/comparisons.sql' as comparisons %}
{% import 'macros/holidays.sql' as holidays %}
WITH store_days AS (
    SELECT restaurant_id, currency, order_date, gross_sales, discount_amount, refund_amount, net_sales, orders, items
    FROM {{ database }}.gold_daily_sales_by_store
    WHERE order_date <= {{ as_of_date }}
),
daily_parts AS (
    SELECT
        'chain' AS level,
        'all' AS level_key,
        currency,
        order_date,
        gross_sales,
        discount_amount,
        refund_amount,
        net_sales,
        orders,
        items
    FROM store_days
    UNION ALL
    SELECT
        'store' AS level,
        restaurant_id AS level_key,
        currency,
        order_date,
        gross_sales,
        discount_amount,
        refund_amount,
        net_sales,
        orders,
        items
    FROM store_days
    UNION ALL
    SELECT
        'category' AS level,
        item_category AS level_key,
        currency,
        order_date,
        item_amount + options_revenue AS gross_sales,
        discount_amount,
        refund_amount,
        net_sales,
        category_orders,
        items
    FROM {{ database }}.gold_item_sales_by_day
    WHERE order_date <= {{ as_of_date }}
),
daily_sales AS (
    SELECT
        level,
        level_key,
        currency,
        order_date,
        DAY_OF_WEEK(order_date) AS weekday,
        SUM(gross_sales) AS gross_sales,
        SUM(discount_amount) AS discount_amount,
        SUM(refund_amount) AS refund_amount,
        SUM(net_sales) AS net_sales,
        CAST(SUM(orders) AS BIGINT) AS orders,
        CAST(SUM(items) AS BIGINT) AS items
    FROM daily_parts
    GROUP BY level, level_key, currency, order_date
),
days AS (
    -- Each day with the totals of its last eight same weekdays with sales. Closed days have no row, and days with
    -- refunds only have no items: neither is among the eight.
    SELECT
        *,
        COUNT(*) OVER same_weekdays AS weekdays_before,
        SUM(net_sales) OVER same_weekdays AS net_sales_8_weekdays,
        SUM(orders) OVER same_weekdays AS orders_8_weekdays,
        MIN(IF(items > 0, order_date)) OVER (PARTITION BY level, level_key, currency) AS first_order_date
    FROM daily_sales
    WINDOW same_weekdays AS (
        PARTITION BY level, level_key, currency, weekday, items > 0
        ORDER BY order_date
        ROWS BETWEEN 8 PRECEDING AND 1 PRECEDING
    )
),
period_days AS (
    SELECT
        days.*,
        period.period_type,
        CAST(
            CASE period.period_type
                WHEN 'day' THEN days.order_date
                WHEN 'week' THEN DATE_TRUNC('week', days.order_date)
                ELSE DATE_TRUNC('month', days.order_date)
            END AS DATE
        ) AS period_start
    FROM days
    CROSS JOIN UNNEST(ARRAY['day', 'week', 'month']) AS period (period_type)
),
period_totals AS (
    SELECT
        level,
        level_key,
        currency,
        period_type,
        period_start,
        CAST(
            CASE period_type
                WHEN 'day' THEN period_start
                WHEN 'week' THEN DATE_ADD('day', 6, period_start)
                ELSE DATE_ADD('day', -1, DATE_ADD('month', 1, period_start))
            END AS DATE
        ) AS period_end,
        MIN(first_order_date) AS first_order_date,
        COUNT(*) FILTER (WHERE items > 0) AS open_days,
        SUM(gross_sales) AS gross_sales,
        SUM(discount_amount) AS discount_amount,
        SUM(refund_amount) AS refund_amount,
        SUM(net_sales) AS net_sales,
        SUM(orders) AS orders,
        SUM(items) AS items,
        -- The expected value of a week is the sum over its days with sales. The eight weekdays of a day are all before
        -- the week.
        IF(
            period_type <> 'month' AND MIN(IF(items > 0, weekdays_before)) = 8,
            CAST(SUM(IF(items > 0, net_sales_8_weekdays)) AS DOUBLE) / 8
        ) AS expected_net_sales,
        IF(
            period_type <> 'month' AND MIN(IF(items > 0, weekdays_before)) = 8,
            CAST(SUM(IF(items > 0, orders_8_weekdays)) AS DOUBLE) / 8
        ) AS expected_orders
    FROM period_days
    GROUP BY level, level_key, currency, period_type, period_start
),
whole_periods AS (
    SELECT
        *,
        COALESCE(first_order_date <= period_start AND period_end <= {{ as_of_date }}, FALSE) AS is_whole_period,
        IF(first_order_date <= period_start AND period_end <= {{ as_of_date }}, net_sales) AS whole_net_sales,
        IF(first_order_date <= period_start AND period_end <= {{ as_of_date }}, open_days) AS whole_open_days,
        CAST(net_sales AS DOUBLE) AS net,
        (level = 'chain' AND period_type = 'day') OR (level = 'store' AND period_type = 'week') AS is_judged_kind
    FROM period_totals
),
periods AS (
    -- Earlier periods are read with window frames of one date. Sums stay decimal: the sum of doubles depends on the
    -- order of the rows and could differ from run to run.
    SELECT
        *,
        SUM(net_sales) OVER (PARTITION BY level, currency, period_type, period_start) AS level_net_sales,
        COUNT(*) OVER last_seven AS last_periods,
        SUM(net_sales) OVER last_seven AS net_sales_last_periods,
        IF(is_whole_period AND period_type = 'week', MAX(whole_net_sales) OVER (
            history RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND INTERVAL '7' DAY PRECEDING
        )) AS net_sales_previous_week,
        IF(is_whole_period AND period_type = 'week', MAX(whole_open_days) OVER (
            history RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND INTERVAL '7' DAY PRECEDING
        )) AS open_days_previous_week,
        IF(is_whole_period AND period_type <> 'month', MAX(whole_net_sales) OVER (
            history RANGE BETWEEN INTERVAL '364' DAY PRECEDING AND INTERVAL '364' DAY PRECEDING
        )) AS net_sales_year_ago_weekday,
        IF(is_whole_period AND period_type <> 'month', MAX(whole_open_days) OVER (
            history RANGE BETWEEN INTERVAL '364' DAY PRECEDING AND INTERVAL '364' DAY PRECEDING
        )) AS open_days_year_ago_weekday,
        IF(is_whole_period AND period_type <> 'week', MAX(whole_net_sales) OVER (
            history RANGE BETWEEN INTERVAL '1' YEAR PRECEDING AND INTERVAL '1' YEAR PRECEDING
        )) AS net_sales_year_ago_calendar,
        IF(is_whole_period AND period_type <> 'week', MAX(whole_open_days) OVER (
            history RANGE BETWEEN INTERVAL '1' YEAR PRECEDING AND INTERVAL '1' YEAR PRECEDING
        )) AS open_days_year_ago_calendar
    FROM whole_periods
    WINDOW
        history AS (PARTITION BY level, level_key, currency, period_type ORDER BY period_start),
        last_seven AS (history ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
),
{{ anomalies.dispersions("whole_periods") }},
{{ holidays.effects(database, "days") }},
measured_periods AS (
    SELECT
        periods.*,
        {{ anomalies.phi("periods", "dispersions") }} AS phi,
        calendar.is_holiday,
        calendar.holiday_name,
        holiday_effects.days AS holiday_effect_days,
        holiday_effects.log_effect,
        holiday_effects.half_width
    FROM periods
    LEFT JOIN dispersions
        ON dispersions.level = periods.level
        AND dispersions.level_key = periods.level_key
        AND dispersions.currency = periods.currency
    LEFT JOIN calendar
        ON periods.period_type = 'day'
        AND calendar.calendar_date = periods.period_start
    LEFT JOIN holiday_effects
        ON calendar.is_holiday
        AND holiday_effects.level = periods.level
        AND holiday_effects.level_key = periods.level_key
        AND holiday_effects.currency = periods.currency
        AND holiday_effects.holiday_name = COALESCE(calendar.holiday_name, 'unnamed')
),
scored_periods AS (
    SELECT
        *,
        {{ anomalies.z("orders", "expected_orders", "phi") }} AS z
    FROM measured_periods
)
SELECT
    CAST(level AS VARCHAR) AS level,
    CAST(level_key AS VARCHAR) AS level_key,
    currency,
    CAST(period_type AS VARCHAR) AS period_type,
    period_start,
    period_end,
    is_whole_period,
    open_days,
    CAST(gross_sales AS DECIMAL(18, 2)) AS gross_sales,
    CAST(discount_amount AS DECIMAL(18, 2)) AS discount_amount,
    CAST(refund_amount AS DECIMAL(18, 2)) AS refund_amount,
    CAST(net_sales AS DECIMAL(18, 2)) AS net_sales,
    CAST(orders AS BIGINT) AS orders,
    CAST(items AS BIGINT) AS items,
    net / NULLIF(CAST(orders AS DOUBLE), 0) AS aov,
    net / NULLIF(CAST(level_net_sales AS DOUBLE), 0) AS net_sales_share,
    IF(period_type = 'day' AND last_periods = 7, CAST(net_sales_last_periods AS DOUBLE) / 7) AS net_sales_mean_7d,
    CAST(net_sales_previous_week AS DECIMAL(18, 2)) AS net_sales_previous_week,
    open_days_previous_week,
    {{ comparisons.change("net", "net_sales_previous_week", "open_days", "open_days_previous_week") }}
        AS net_sales_week_over_week,
    CAST(net_sales_year_ago_weekday AS DECIMAL(18, 2)) AS net_sales_year_ago_weekday,
    open_days_year_ago_weekday,
    {{ comparisons.change("net", "net_sales_year_ago_weekday", "open_days", "open_days_year_ago_weekday") }}
        AS net_sales_yoy_weekday,
    CAST(net_sales_year_ago_calendar AS DECIMAL(18, 2)) AS net_sales_year_ago_calendar,
    open_days_year_ago_calendar,
    {{ comparisons.change("net", "net_sales_year_ago_calendar", "open_days", "open_days_year_ago_calendar") }}
        AS net_sales_yoy_calendar,
    expected_net_sales,
    expected_orders,
    phi AS anomaly_dispersion,
    z AS anomaly_z,
    ABS(z) >= 3 AS is_anomaly,
    {{ anomalies.status(as_of_date) }} AS anomaly_status,
    is_holiday,
    holiday_name,
    EXP(log_effect) - 1 AS holiday_effect,
    EXP(log_effect - half_width) - 1 AS holiday_effect_low,
    EXP(log_effect + half_width) - 1 AS holiday_effect_high,
    IF(is_holiday, CAST(COALESCE(holiday_effect_days, 0) AS BIGINT)) AS holiday_effect_days,
    {{ holidays.status() }} AS holiday_effect_status,
    {{ as_of_date }} AS as_of_date
FROM scored_periods
