-- about: Sales of the chain, each store and each category by day, week and month, against the past, against what was to be expected, and on holidays.
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
--   open_days: days of the period with sales; a day with refunds only is none
--   gross_sales: item amounts plus positive option amounts, before discounts and refunds
--   discount_amount: what negative options took off, as a positive amount
--   refund_amount: what refunds took off, as a positive amount
--   net_sales: gross less discounts and refunds
--   orders: orders; for a category those that hold it, so that categories overlap
--   items: units sold
--   aov: net sales per order
--   net_sales_share: part of the level's net sales in the period and currency
--   net_sales_mean_7d: on days: mean net sales of the last seven days with sales; null until there are seven
--   net_sales_previous_week: on whole weeks: net sales of the week before, where that was whole too
--   open_days_previous_week: days with sales of that week
--   net_sales_week_over_week: change against that week, as a part of it; null, like every change of a week or month, where that was not above zero or one of the two has fewer days with sales than 80 % of the other's
--   net_sales_year_ago_weekday: on days and whole weeks: net sales 364 days earlier, on the same weekday
--   open_days_year_ago_weekday: days with sales of that day or week
--   net_sales_yoy_weekday: change against 364 days earlier, as a part of it
--   net_sales_year_ago_calendar: on days and whole months: net sales of the same calendar date or month of the year before
--   open_days_year_ago_calendar: days with sales of that date or month
--   net_sales_yoy_calendar: change against the same date or month of the year before, as a part of it
--   expected_net_sales: on days: mean net sales of the last 8 same weekdays with sales, null until there are 8; on weeks: the sum of that over the week's days with sales
--   expected_orders: the same of orders
--   anomaly_dispersion: phi, the variance of orders around the expected over the variance that chance alone gives (Poisson), for an ordinary period of this size; from the key's own past, the upper end of its 95 % interval, at least 1
--   anomaly_z: distance of the orders from the expected in standard deviations (Anscombe 1948); orders and not money, which one large order would move
--   is_anomaly: true where that is 3 or more up or down; null where not judged
--   anomaly_status: judged, insufficient_data (no 8 same weekdays before, or under 26 such periods to take phi from), period_not_over, or not_judged (only days of the chain and weeks of a store have enough orders and few enough tests)
--   is_holiday: on days: the calendar's holiday flag, from the source or, on days it does not cover, from the list of public holidays
--   holiday_name: on days: the holiday's name
--   holiday_effect: on holidays: net sales against the expected, beyond what ordinary days differ from it, as a part of it; geometric mean of the key's days of that name so far
--   holiday_effect_low: lower end of its 95 % interval, from the scatter of ordinary days or of the same holiday in other years, whichever is wider
--   holiday_effect_high: upper end of that interval
--   holiday_effect_days: days that the effect is of: with sales above zero, an expected value, and the same holiday name
--   holiday_effect_status: estimated, insufficient_data (no such day, or under 26 ordinary days to compare with), not_a_holiday, not_in_calendar, or not_a_day (weeks and months)
--   as_of_date: the last day counted
{% import 'macros/comparisons.sql' as comparisons %}
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
    -- Beside each day its last eight same weekdays with sales. A closed day has no row, so it is neither one of
    -- them nor a zero; a day with refunds only has no items and is not one of them either.
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
        -- A week is expected to bring what its days with sales are: of none of them are the eight weekdays in the week.
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
    -- What came before is looked up by frames of one date. Sums stay decimal: doubles added in another order would
    -- differ from run to run.
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
distances AS (
    -- squared_distance: of the orders from the expected on Anscombe's scale. It is 1 on average where counts scatter by
    -- chance alone; 9/8, for the expected is itself a mean of eight. The best guess of an ordinary period's true mean is
    -- the mean of all nine; the dispersion belongs to it.
    SELECT
        level,
        level_key,
        currency,
        period_start,
        (orders + 8 * expected_orders) / 9 AS mean_of_nine,
        POWER(SQRT(orders + 0.375E0) - SQRT(expected_orders + 0.375E0), 2) * 4 / (9E0 / 8) AS squared_distance
    FROM whole_periods
    WHERE is_judged_kind
        AND is_whole_period
        AND expected_orders > 0
),
slopes AS (
    -- Busy periods scatter more than chance by a factor that grows with their size (negative binomial counts):
    -- phi = 1 + slope x mean. Half of the squared distances lie below 0.4549 phi (the median of chi-squared), so the
    -- median of these slopes is the one that fits. A median, for what is out of the ordinary must not set the measure.
    SELECT *, (squared_distance / 0.4549364E0 - 1) / mean_of_nine AS slope
    FROM distances
),
ordered_slopes AS (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY level, level_key, currency ORDER BY slope, period_start) AS slope_position,
        COUNT(*) OVER (PARTITION BY level, level_key, currency) AS measured_periods
    FROM slopes
),
median_slopes AS (
    SELECT
        *,
        GREATEST(
            0E0,
            MAX(IF(slope_position = (measured_periods + 1) / 2, slope)) OVER (PARTITION BY level, level_key, currency)
        ) AS median_slope
    FROM ordered_slopes
),
standardised_distances AS (
    SELECT
        level,
        level_key,
        currency,
        median_slope,
        squared_distance / (1 + median_slope * mean_of_nine) AS squared_distance
    FROM median_slopes
),
dispersions AS (
    -- The level of phi: the mean squared distance within 3 standard deviations, over 0.9733, what that is for a normal
    -- distribution cut there. The upper end of its 95 % interval is taken (such a mean of n has variance 2 / n), so that
    -- a short past does not raise false alarms.
    SELECT
        level,
        level_key,
        currency,
        median_slope AS slope,
        CAST(SUM(CAST(squared_distance AS DECIMAL(18, 12))) AS DOUBLE) / COUNT(*) / 0.9733E0
            * (1 + 1.96E0 * SQRT(2E0 / COUNT(*))) AS scale
    FROM standardised_distances
    WHERE squared_distance <= 9
    GROUP BY level, level_key, currency, median_slope
    HAVING COUNT(*) >= 26
),
calendar AS (
    -- One row a date whatever the calendar holds, so that a date listed twice cannot double a day's sales.
    SELECT calendar_date, BOOL_OR(is_holiday) AS is_holiday, MAX(holiday_name) AS holiday_name
    FROM {{ database }}.silver_date_dim
    GROUP BY calendar_date
),
log_ratios AS (
    -- How far each day's net sales were from the expected, as a logarithm: halved is as far as doubled.
    SELECT
        days.level,
        days.level_key,
        days.currency,
        IF(calendar.is_holiday, COALESCE(calendar.holiday_name, 'unnamed')) AS holiday_name,
        CAST(
            LN(CAST(days.net_sales AS DOUBLE) * 8 / CAST(days.net_sales_8_weekdays AS DOUBLE)) AS DECIMAL(18, 12)
        ) AS log_ratio
    FROM days
    LEFT JOIN calendar
        ON calendar.calendar_date = days.order_date
    WHERE days.weekdays_before = 8
        AND days.net_sales > 0
        AND days.net_sales_8_weekdays > 0
),
log_ratio_totals AS (
    -- One row a holiday; the row without a holiday name holds the ordinary days.
    SELECT
        level,
        level_key,
        currency,
        holiday_name,
        CAST(COUNT(*) AS DOUBLE) AS days,
        CAST(SUM(log_ratio) AS DOUBLE) / COUNT(*) AS mean_log_ratio,
        CAST(
            GREATEST(0E0, CAST(SUM(log_ratio * log_ratio) AS DOUBLE) - POWER(CAST(SUM(log_ratio) AS DOUBLE), 2) / COUNT(*))
            AS DECIMAL(38, 12)
        ) AS squared_deviations
    FROM log_ratios
    GROUP BY level, level_key, currency, holiday_name
),
log_ratio_scatters AS (
    SELECT
        *,
        MAX(IF(holiday_name IS NULL, days)) OVER each_key AS ordinary_days,
        MAX(IF(holiday_name IS NULL, mean_log_ratio)) OVER each_key AS ordinary_mean,
        MAX(IF(holiday_name IS NULL, CAST(squared_deviations AS DOUBLE) / NULLIF(days - 1, 0))) OVER each_key
            AS ordinary_variance,
        CAST(SUM(IF(holiday_name IS NOT NULL, squared_deviations)) OVER each_key AS DOUBLE)
            / NULLIF(SUM(IF(holiday_name IS NOT NULL, days - 1)) OVER each_key, 0) AS holiday_variance
    FROM log_ratio_totals
    WINDOW each_key AS (PARTITION BY level, level_key, currency)
),
holiday_effects AS (
    -- One day's variance is that of ordinary days or that of the same holiday in other years, whichever is larger.
    SELECT
        level,
        level_key,
        currency,
        holiday_name,
        days,
        mean_log_ratio - ordinary_mean AS log_effect,
        1.96E0 * SQRT(
            GREATEST(ordinary_variance, COALESCE(holiday_variance, 0E0)) * (1 / days + 1 / ordinary_days)
        ) AS half_width
    FROM log_ratio_scatters
    WHERE holiday_name IS NOT NULL
        AND ordinary_days >= 26
),
judged_periods AS (
    SELECT
        periods.*,
        IF(
            periods.is_judged_kind AND periods.is_whole_period AND periods.expected_orders > 0,
            GREATEST(
                1E0, dispersions.scale * (1 + dispersions.slope * (periods.orders + 8 * periods.expected_orders) / 9)
            )
        ) AS phi,
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
judgements AS (
    SELECT
        *,
        2 * (SQRT(orders + 0.375E0) - SQRT(expected_orders + 0.375E0)) / SQRT(phi * 9 / 8) AS z
    FROM judged_periods
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
    {{ comparisons.change("net", "net_sales_previous_week", "open_days", "open_days_previous_week") }} AS net_sales_week_over_week,
    CAST(net_sales_year_ago_weekday AS DECIMAL(18, 2)) AS net_sales_year_ago_weekday,
    open_days_year_ago_weekday,
    {{ comparisons.change("net", "net_sales_year_ago_weekday", "open_days", "open_days_year_ago_weekday") }} AS net_sales_yoy_weekday,
    CAST(net_sales_year_ago_calendar AS DECIMAL(18, 2)) AS net_sales_year_ago_calendar,
    open_days_year_ago_calendar,
    {{ comparisons.change("net", "net_sales_year_ago_calendar", "open_days", "open_days_year_ago_calendar") }} AS net_sales_yoy_calendar,
    expected_net_sales,
    expected_orders,
    phi AS anomaly_dispersion,
    z AS anomaly_z,
    ABS(z) >= 3 AS is_anomaly,
    CAST(
        CASE
            WHEN NOT is_judged_kind THEN 'not_judged'
            WHEN period_end > {{ as_of_date }} THEN 'period_not_over'
            WHEN z IS NULL THEN 'insufficient_data'
            ELSE 'judged'
        END AS VARCHAR
    ) AS anomaly_status,
    is_holiday,
    holiday_name,
    EXP(log_effect) - 1 AS holiday_effect,
    EXP(log_effect - half_width) - 1 AS holiday_effect_low,
    EXP(log_effect + half_width) - 1 AS holiday_effect_high,
    IF(is_holiday, CAST(COALESCE(holiday_effect_days, 0) AS BIGINT)) AS holiday_effect_days,
    CAST(
        CASE
            WHEN period_type <> 'day' THEN 'not_a_day'
            WHEN is_holiday IS NULL THEN 'not_in_calendar'
            WHEN NOT is_holiday THEN 'not_a_holiday'
            WHEN log_effect IS NULL THEN 'insufficient_data'
            ELSE 'estimated'
        END AS VARCHAR
    ) AS holiday_effect_status,
    {{ as_of_date }} AS as_of_date
FROM judgements
