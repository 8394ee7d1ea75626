{#- The calendar, and the effect of each holiday on net sales, as CTEs for mart_sales_trends. -#}

{#- CTEs from `days`, a table with the daily net sales of each level, level_key and currency beside its last eight same
    weekdays. `calendar` has one row for each date, `holiday_effects` one for each level, level_key, currency and
    holiday name with an effect. -#}
{% macro effects(database, days) -%}
calendar AS (
    -- One row for each date, so that a date that is in the calendar twice does not double the sales of the day.
    SELECT calendar_date, BOOL_OR(is_holiday) AS is_holiday, MAX(holiday_name) AS holiday_name
    FROM {{ database }}.silver_date_dim
    GROUP BY calendar_date
),
log_ratios AS (
    -- The logarithm of net sales over expected net sales: half and double have the same distance from 0.
    SELECT
        days.level,
        days.level_key,
        days.currency,
        IF(calendar.is_holiday, COALESCE(calendar.holiday_name, 'unnamed')) AS holiday_name,
        CAST(
            LN(CAST(days.net_sales AS DOUBLE) * 8 / CAST(days.net_sales_8_weekdays AS DOUBLE)) AS DECIMAL(18, 12)
        ) AS log_ratio
    FROM {{ days }} AS days
    LEFT JOIN calendar
        ON calendar.calendar_date = days.order_date
    WHERE days.weekdays_before = 8
        AND days.net_sales > 0
        AND days.net_sales_8_weekdays > 0
),
log_ratio_totals AS (
    -- One row for each holiday, and one row without a holiday name for the ordinary days.
    SELECT
        level,
        level_key,
        currency,
        holiday_name,
        CAST(COUNT(*) AS DOUBLE) AS days,
        CAST(SUM(log_ratio) AS DOUBLE) / COUNT(*) AS mean_log_ratio,
        CAST(
            GREATEST(
                0E0,
                CAST(SUM(log_ratio * log_ratio) AS DOUBLE) - POWER(CAST(SUM(log_ratio) AS DOUBLE), 2) / COUNT(*)
            )
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
    -- The variance of one day is the larger of two: of ordinary days, and of the same holiday in other years.
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
)
{%- endmacro %}

{#- Whether there is a holiday effect for a period, and if not, why. -#}
{% macro status() -%}
CAST(
        CASE
            WHEN period_type <> 'day' THEN 'not_a_day'
            WHEN is_holiday IS NULL THEN 'not_in_calendar'
            WHEN NOT is_holiday THEN 'not_a_holiday'
            WHEN log_effect IS NULL THEN 'insufficient_data'
            ELSE 'estimated'
        END AS VARCHAR
    )
{%- endmacro %}
