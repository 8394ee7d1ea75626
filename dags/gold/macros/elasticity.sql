{#- Price elasticity from price changes of items compared with unchanged siblings, as CTEs. The last one,
    `elasticities`, has one row for each level (chain, category), item_category (all for the chain) and currency
    with events.

    If a price change had no effect, two products would be equal (Mantel and Haenszel 1959): items_after x
    sibling_items_before and items_before x sibling_items_after. A price ratio p multiplies the first one by p ^
    elasticity. So the elasticity e solves
        sum of ln p (items_after sibling_items_before - p ^ e items_before sibling_items_after) / all items = 0.
    This works with few units, and even with none on one side, where logarithms of counts do not. Newton's method
    finds the solution. Events of one store, category and quarter have the same siblings, so their errors are
    correlated. The standard error is the sandwich estimate over these groups (Liang and Zeger 1986).

    Decimals are summed, so that the sums do not depend on the order of the rows. -#}
{% set newton_steps = 7 %}
{% set score = "weight * log_price * (sold_after - EXP(elasticity * log_price) * sold_before)" %}
{% set slope = "weight * log_price * log_price * EXP(elasticity * log_price) * sold_before" %}
{% macro exact(term) %}CAST({{ term }} AS DECIMAL(38, 12)){% endmacro %}

{% macro estimates(price_changes, as_of_date) -%}
price_events AS (
    SELECT
        pooled.level,
        IF(pooled.level = 'chain', 'all', changes.item_category) AS item_category,
        changes.currency,
        changes.restaurant_id,
        changes.item_category AS sibling_category,
        DATE_TRUNC('quarter', changes.change_week) AS quarter,
        changes.price_change,
        LN(1 + changes.price_change) AS log_price,
        1E0 / (
            changes.items_before + changes.items_after + changes.sibling_items_before + changes.sibling_items_after
        ) AS weight,
        CAST(changes.items_after AS DOUBLE) * changes.sibling_items_before AS sold_after,
        CAST(changes.items_before AS DOUBLE) * changes.sibling_items_after AS sold_before
    FROM {{ price_changes }} AS changes
    CROSS JOIN UNNEST(ARRAY['chain', 'category']) AS pooled (level)
    WHERE changes.as_of_date = {{ as_of_date }}
        AND changes.use_status = 'usable'
),
step_0 AS (
    SELECT *, 0E0 AS elasticity, 0E0 AS previous_elasticity
    FROM price_events
),
{% for step in range(1, newton_steps + 1) %}
step_{{ step }} AS (
    SELECT
        level,
        item_category,
        currency,
        restaurant_id,
        sibling_category,
        quarter,
        price_change,
        log_price,
        weight,
        sold_after,
        sold_before,
        GREATEST(-20E0, LEAST(20E0, elasticity + score_total / NULLIF(slope_total, 0E0))) AS elasticity,
        elasticity AS previous_elasticity
    FROM (
        SELECT
            *,
            CAST(SUM({{ exact(score) }}) OVER pooled_events AS DOUBLE) AS score_total,
            CAST(SUM({{ exact(slope) }}) OVER pooled_events AS DOUBLE) AS slope_total
        FROM step_{{ step - 1 }}
        WINDOW pooled_events AS (PARTITION BY level, item_category, currency)
    ) AS scored_events
),
{% endfor %}
event_groups AS (
    SELECT
        level,
        item_category,
        currency,
        COUNT(*) AS events,
        SUM({{ exact("price_change") }}) AS price_change,
        CAST(SUM({{ exact(score) }}) AS DOUBLE) AS score,
        SUM({{ exact(slope) }}) AS slope,
        MAX(elasticity) AS elasticity,
        MAX(previous_elasticity) AS previous_elasticity
    FROM step_{{ newton_steps }}
    GROUP BY level, item_category, currency, restaurant_id, sibling_category, quarter
),
pooled_groups AS (
    SELECT
        level,
        item_category,
        currency,
        CAST(SUM(events) AS BIGINT) AS events,
        CAST(COUNT(*) AS DOUBLE) AS event_groups,
        CAST(SUM(price_change) AS DOUBLE) AS price_change,
        CAST(SUM({{ exact("score * score") }}) AS DOUBLE) AS squared_score,
        NULLIF(CAST(SUM(slope) AS DOUBLE), 0E0) AS slope,
        MAX(elasticity) AS elasticity,
        MAX(previous_elasticity) AS previous_elasticity
    FROM event_groups
    GROUP BY level, item_category, currency
),
elasticity_estimates AS (
    SELECT
        *,
        price_change / events AS mean_price_change,
        SQRT(squared_score * event_groups / NULLIF(slope * slope * (event_groups - 1), 0E0)) AS standard_error,
        -- The 97.5 % point of Student's t with event_groups - 1 degrees of freedom (Cornish and Fisher).
        1.96E0 + (2.3724E0 * (event_groups - 1) + 2.8225E0) / NULLIF(POWER(event_groups - 1, 2), 0E0) AS critical_value
    FROM pooled_groups
),
elasticities AS (
    SELECT
        *,
        CASE
            WHEN events < 100 OR event_groups < 10 THEN 'insufficient_variation'
            WHEN ABS(elasticity) < 20E0
                AND ABS(elasticity - previous_elasticity) < 0.0001E0
                AND standard_error IS NOT NULL
                THEN 'estimated'
            ELSE 'not_identified'
        END AS status
    FROM elasticity_estimates
)
{%- endmacro %}
