-- about: Sales of the chain, each store and each category by day, week and month, against the week and the year before.
-- grain: level x level_key x currency x period_type x period_start x as_of_date
-- partition: as_of_date
-- reads: gold_daily_sales_by_store, gold_item_sales_by_day, silver_date_dim
-- denominator: guests in
-- columns:
--   level: chain, store or category (categories are of the whole chain)
--   level_key: all, the restaurant_id or the item_category
--   currency: currency of every amount in the row
--   period_type: day, week (Monday to Sunday) or month; a period without sales has no row
--   period_start: first day of the period
--   period_end: last calendar day of the period
--   is_whole_period: true when the key had sales by the period's start and the period ended by the as-of date
--   open_days: days of the period with sales
--   net_sales: gross less discounts
--   orders: orders; for a category those that hold it, so that categories overlap
--   items: units sold
--   aov: net sales per order
--   net_sales_share: part of the level's net sales in the period and currency
--   net_sales_mean_7d: on days: mean net sales of the last seven days with sales; null until there are seven
--   net_sales_previous_week: on whole weeks: net sales of the week before, where that was whole too
--   net_sales_week_over_week: change against that week, as a part of it
--   net_sales_year_ago_weekday: on days and whole weeks: net sales 364 days earlier, on the same weekday
--   net_sales_yoy_weekday: change against 364 days earlier, as a part of it
--   net_sales_year_ago_calendar: on days and whole months: net sales of the same calendar date or month of the year before
--   net_sales_yoy_calendar: change against the same date or month of the year before, as a part of it
--   is_holiday: on days: the calendar's holiday flag; null where the calendar does not cover the day
--   holiday_name: on days: the holiday's name
--   as_of_date: the last day counted
WITH store_days AS (
    SELECT restaurant_id, currency, order_date, net_sales, orders, items
    FROM {{ database }}.gold_daily_sales_by_store
    WHERE order_date <= {{ as_of_date }}
),
daily_sales AS (
    SELECT 'chain' AS level, 'all' AS level_key, currency, order_date, net_sales, orders, items
    FROM store_days
    UNION ALL
    SELECT 'store' AS level, restaurant_id AS level_key, currency, order_date, net_sales, orders, items
    FROM store_days
    UNION ALL
    SELECT 'category' AS level, item_category AS level_key, currency, order_date, net_sales, category_orders, items
    FROM {{ database }}.gold_item_sales_by_day
    WHERE order_date <= {{ as_of_date }}
),
period_starts AS (
    SELECT
        daily_sales.*,
        period.period_type,
        CAST(
            CASE period.period_type
                WHEN 'day' THEN daily_sales.order_date
                WHEN 'week' THEN DATE_TRUNC('week', daily_sales.order_date)
                ELSE DATE_TRUNC('month', daily_sales.order_date)
            END AS DATE
        ) AS period_start
    FROM daily_sales
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
        MIN(MIN(order_date)) OVER (PARTITION BY level, level_key, currency) AS first_order_date,
        COUNT(DISTINCT order_date) AS open_days,
        SUM(net_sales) AS net_sales,
        SUM(orders) AS orders,
        SUM(items) AS items
    FROM period_starts
    GROUP BY level, level_key, currency, period_type, period_start
),
periods AS (
    SELECT
        *,
        CAST(net_sales AS DOUBLE) AS net,
        -- Sums stay decimal: doubles added in another order would differ from run to run.
        SUM(net_sales) OVER (PARTITION BY level, currency, period_type, period_start) AS level_net_sales,
        first_order_date <= period_start AND period_end <= {{ as_of_date }} AS is_whole_period,
        CAST(DATE_ADD('day', -7, period_start) AS DATE) AS start_week_before,
        CAST(DATE_ADD('day', -364, period_start) AS DATE) AS start_364_days_before,
        CAST(DATE_ADD('year', -1, period_start) AS DATE) AS start_year_before,
        ROW_NUMBER() OVER (PARTITION BY level, level_key, currency, period_type ORDER BY period_start) AS period_number,
        SUM(net_sales) OVER (
            PARTITION BY level, level_key, currency, period_type
            ORDER BY period_start
            ROWS BETWEEN 6 PRECEDING AND CURRENT ROW
        ) AS net_sales_7_rows
    FROM period_totals
),
holidays AS (
    -- One row a date whatever the calendar holds, so that a date listed twice cannot double a day's sales.
    SELECT calendar_date, BOOL_OR(is_holiday) AS is_holiday, MAX(holiday_name) AS holiday_name
    FROM {{ database }}.silver_date_dim
    GROUP BY calendar_date
)
SELECT
    CAST(periods.level AS VARCHAR) AS level,
    CAST(periods.level_key AS VARCHAR) AS level_key,
    periods.currency,
    CAST(periods.period_type AS VARCHAR) AS period_type,
    periods.period_start,
    periods.period_end,
    periods.is_whole_period,
    periods.open_days,
    CAST(periods.net_sales AS DECIMAL(18, 2)) AS net_sales,
    CAST(periods.orders AS BIGINT) AS orders,
    CAST(periods.items AS BIGINT) AS items,
    periods.net / NULLIF(CAST(periods.orders AS DOUBLE), 0) AS aov,
    periods.net / NULLIF(CAST(periods.level_net_sales AS DOUBLE), 0) AS net_sales_share,
    IF(periods.period_type = 'day' AND periods.period_number >= 7, CAST(periods.net_sales_7_rows AS DOUBLE) / 7)
        AS net_sales_mean_7d,
    CAST(week_before.net_sales AS DECIMAL(18, 2)) AS net_sales_previous_week,
    periods.net / NULLIF(week_before.net, 0) - 1 AS net_sales_week_over_week,
    CAST(same_weekday.net_sales AS DECIMAL(18, 2)) AS net_sales_year_ago_weekday,
    periods.net / NULLIF(same_weekday.net, 0) - 1 AS net_sales_yoy_weekday,
    CAST(same_calendar.net_sales AS DECIMAL(18, 2)) AS net_sales_year_ago_calendar,
    periods.net / NULLIF(same_calendar.net, 0) - 1 AS net_sales_yoy_calendar,
    holidays.is_holiday,
    holidays.holiday_name,
    {{ as_of_date }} AS as_of_date
FROM periods
LEFT JOIN periods AS week_before
    ON periods.period_type = 'week'
    AND periods.is_whole_period
    AND week_before.is_whole_period
    AND week_before.level = periods.level
    AND week_before.level_key = periods.level_key
    AND week_before.currency = periods.currency
    AND week_before.period_type = periods.period_type
    AND week_before.period_start = periods.start_week_before
LEFT JOIN periods AS same_weekday
    ON periods.period_type IN ('day', 'week')
    AND periods.is_whole_period
    AND same_weekday.is_whole_period
    AND same_weekday.level = periods.level
    AND same_weekday.level_key = periods.level_key
    AND same_weekday.currency = periods.currency
    AND same_weekday.period_type = periods.period_type
    AND same_weekday.period_start = periods.start_364_days_before
LEFT JOIN periods AS same_calendar
    ON periods.period_type IN ('day', 'month')
    AND periods.is_whole_period
    AND same_calendar.is_whole_period
    AND same_calendar.level = periods.level
    AND same_calendar.level_key = periods.level_key
    AND same_calendar.currency = periods.currency
    AND same_calendar.period_type = periods.period_type
    AND same_calendar.period_start = periods.start_year_before
LEFT JOIN holidays
    ON periods.period_type = 'day'
    AND holidays.calendar_date = periods.period_start
