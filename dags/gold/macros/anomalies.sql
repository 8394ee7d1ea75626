{#- The anomalies of mart_sales_trends: periods whose number of orders is far from the expected one, compared with how
    much the orders of ordinary periods vary. -#}

{#- CTEs from `periods`, a table with one row for each level, level_key, currency and period, with orders,
    expected_orders, is_judged_kind and is_whole_period. `dispersions` has one row for each level, level_key and
    currency: an ordinary period with m orders on average has dispersion phi = scale * (1 + slope * m). -#}
{% macro dispersions(periods) -%}
distances AS (
    -- squared_distance: between the orders and the expected orders, on Anscombe's scale. It is 1 on average if orders
    -- vary by chance only. The factor 9/8 is there because the expected number is itself a mean of eight. The best
    -- estimate of the true mean of an ordinary period is the mean of all nine.
    SELECT
        level,
        level_key,
        currency,
        period_start,
        (orders + 8 * expected_orders) / 9 AS mean_of_nine,
        POWER(SQRT(orders + 0.375E0) - SQRT(expected_orders + 0.375E0), 2) * 4 / (9E0 / 8) AS squared_distance
    FROM {{ periods }}
    WHERE is_judged_kind
        AND is_whole_period
        AND expected_orders > 0
),
slopes AS (
    -- Orders of busy periods vary more than by chance, by a factor that grows with their mean (negative binomial
    -- counts): phi = 1 + slope x mean. Half of the squared distances are below 0.4549 phi (the median of chi-squared),
    -- so the median of these slopes fits. A median is used because anomalies do not change it much.
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
    -- scale: the mean squared distance of the periods within 3 standard deviations, divided by 0.9733, its value for a
    -- normal distribution that is cut there. The upper end of its 95 % interval is used (the mean of n has variance
    -- 2 / n), so that a short past does not give false anomalies.
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
)
{%- endmacro %}

{#- The dispersion phi of a period that is judged, at least 1: `periods` has the columns of dispersions' periods, and
    `dispersions` is joined to it. Null for a period that is not judged. -#}
{% macro phi(periods, dispersions) -%}
IF(
            {{ periods }}.is_judged_kind AND {{ periods }}.is_whole_period AND {{ periods }}.expected_orders > 0,
            GREATEST(
                1E0,
                {{ dispersions }}.scale
                    * (1 + {{ dispersions }}.slope * ({{ periods }}.orders + 8 * {{ periods }}.expected_orders) / 9)
            )
        )
{%- endmacro %}

{#- The distance of orders from expected orders in standard deviations, on Anscombe's scale. -#}
{% macro z(orders, expected_orders, phi) -%}
2 * (SQRT({{ orders }} + 0.375E0) - SQRT({{ expected_orders }} + 0.375E0)) / SQRT({{ phi }} * 9 / 8)
{%- endmacro %}

{#- Whether a period is judged, and if not, why. -#}
{% macro status(as_of_date) -%}
CAST(
        CASE
            WHEN NOT is_judged_kind THEN 'not_judged'
            WHEN period_end > {{ as_of_date }} THEN 'period_not_over'
            WHEN z IS NULL THEN 'insufficient_data'
            ELSE 'judged'
        END AS VARCHAR
    )
{%- endmacro %}
