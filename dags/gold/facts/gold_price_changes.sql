-- about: Every lasting price change of an item in a store, with the units sold before and after it, and those of similar items without a change.
-- grain: restaurant_id x currency x item_category x item_key x change_week x as_of_date
-- partition: as_of_date
-- reads: gold_item_sales_by_day
-- denominator: guests in
-- columns:
--   restaurant_id: id of the store
--   currency: currency of all amounts in the row
--   item_category: category of the item, with damaged spellings corrected
--   item_key: item name in lower case, so that different spellings count as one item
--   item_name: spelling of the item in the week of the change
--   change_week: Monday of the first week with sales at the new price
--   last_week_at_old_price: Monday of the last week before change_week with sales at the old price
--   old_unit_price: median of the unit prices in the last three weeks with sales before the change
--   new_unit_price: median of the unit prices in the first three weeks with sales from the change on
--   price_change: new_unit_price / old_unit_price - 1; changes below 1 % are left out
--   items_before: units of the item in the 13 weeks before last_week_at_old_price; a week counts at most 5 times the median week of the item, but up to 10 units in any case; null, like the columns below, for not_dated
--   items_after: units of the item in the 13 weeks after change_week, counted in the same way
--   siblings: other items of the store and category whose price did not change from before these weeks to after them; they show the change of sales without a change of price
--   sibling_items_before: units of the siblings in the weeks of items_before, counted in the same way
--   sibling_items_after: units of the siblings in the weeks of items_after, counted in the same way
--   use_status: usable, or why the elasticity leaves the change out: not_comparable (half or double the price: another product), not_dated (more than 8 weeks without sales between the prices), window_incomplete (the store's data does not cover the 13 weeks and one more), item_not_sold_throughout, another_change_in_window, no_unchanged_siblings, no_units (none sold before and after)
--   as_of_date: last day that is counted
{% macro median_of_three(a, b, c) -%}
GREATEST(LEAST({{ a }}, {{ b }}), LEAST(GREATEST({{ a }}, {{ b }}), {{ c }}))
{%- endmacro %}
{% macro is_same(price, other) %}ABS({{ price }} - {{ other }}) < 0.005E0 * {{ other }}{% endmacro %}
WITH item_weeks AS (
    -- The median of the daily prices: one order with a wrong or zero price does not change it. Amount divided by
    -- quantity is the unit price, whether the source has unit prices or line totals.
    SELECT
        restaurant_id,
        currency,
        item_category,
        item_key,
        CAST(DATE_TRUNC('week', order_date) AS DATE) AS week,
        MAX_BY(item_name, order_date) AS item_name,
        CAST(SUM(items) AS BIGINT) AS items,
        ELEMENT_AT(
            ARRAY_AGG(
                ROUND(CAST(item_amount AS DOUBLE) / items, 2) ORDER BY ROUND(CAST(item_amount AS DOUBLE) / items, 2)
            ),
            (COUNT(*) + 1) / 2
        ) AS unit_price
    FROM {{ database }}.gold_item_sales_by_day
    WHERE order_date <= {{ as_of_date }}
        AND items > 0
        AND CAST(item_amount AS DOUBLE) / items >= 0.01E0
    GROUP BY restaurant_id, currency, item_category, item_key, CAST(DATE_TRUNC('week', order_date) AS DATE)
),
typical_weeks AS (
    SELECT
        restaurant_id,
        currency,
        item_category,
        item_key,
        MIN(week) AS first_week,
        MAX(week) AS last_week,
        GREATEST(10, 5 * ELEMENT_AT(ARRAY_AGG(items ORDER BY items), (COUNT(*) + 1) / 2)) AS most_items
    FROM item_weeks
    GROUP BY restaurant_id, currency, item_category, item_key
),
store_starts AS (
    SELECT restaurant_id, MIN(order_date) AS first_date
    FROM {{ database }}.gold_item_sales_by_day
    WHERE order_date <= {{ as_of_date }}
    GROUP BY restaurant_id
),
neighbouring_weeks AS (
    SELECT
        item_weeks.*,
        LAG(week, 1) OVER sold AS week_1,
        LAG(week, 2) OVER sold AS week_2,
        LAG(week, 3) OVER sold AS week_3,
        LAG(unit_price, 1) OVER sold AS before_1,
        LAG(unit_price, 2) OVER sold AS before_2,
        LAG(unit_price, 3) OVER sold AS before_3,
        LEAD(unit_price, 1) OVER sold AS after_1,
        LEAD(unit_price, 2) OVER sold AS after_2
    FROM item_weeks
    WINDOW sold AS (PARTITION BY restaurant_id, currency, item_category, item_key ORDER BY week)
),
price_levels AS (
    SELECT
        *,
        {{ median_of_three("before_1", "before_2", "before_3") }} AS old_price,
        {{ median_of_three("unit_price", "after_1", "after_2") }} AS new_price,
        COALESCE({{ median_of_three("before_1", "unit_price", "after_1") }}, unit_price) AS steady_price
    FROM neighbouring_weeks
),
weeks_with_changes AS (
    -- A lasting change: two of the three weeks before have the old price and none has the new one; then two of three
    -- weeks have the new price.
    SELECT
        *,
        COALESCE(
            ABS(new_price - old_price) >= 0.01E0 * old_price
            AND {{ is_same("unit_price", "new_price") }}
            AND ({{ is_same("after_1", "new_price") }} OR {{ is_same("after_2", "new_price") }})
            AND NOT {{ is_same("before_1", "new_price") }}
            AND NOT {{ is_same("before_2", "new_price") }}
            AND NOT {{ is_same("before_3", "new_price") }}
            AND IF({{ is_same("before_1", "old_price") }}, 1, 0)
                + IF({{ is_same("before_2", "old_price") }}, 1, 0)
                + IF({{ is_same("before_3", "old_price") }}, 1, 0) >= 2,
            FALSE
        ) AS is_change
    FROM price_levels
),
changes AS (
    -- The last week at the old price, the first week at the new price and the weeks between them are not counted.
    SELECT
        restaurant_id,
        currency,
        item_category,
        item_key,
        item_name,
        old_price,
        new_price,
        week AS change_week,
        IF({{ is_same("before_1", "old_price") }}, week_1, week_2) AS last_old_week,
        DATE_DIFF('week', IF({{ is_same("before_1", "old_price") }}, week_1, week_2), week) AS weeks_between,
        DATE_ADD('week', -13, IF({{ is_same("before_1", "old_price") }}, week_1, week_2)) AS window_start,
        DATE_ADD('week', 14, week) AS window_end
    FROM weeks_with_changes
    WHERE is_change
),
steady_weeks AS (
    SELECT
        *,
        LAG(steady_price) OVER (PARTITION BY restaurant_id, currency, item_category, item_key ORDER BY week)
            AS steady_before
    FROM weeks_with_changes
),
numbered_weeks AS (
    SELECT
        *,
        SUM(IF({{ is_same("steady_price", "steady_before") }}, 0, 1)) OVER (
            PARTITION BY restaurant_id, currency, item_category, item_key ORDER BY week
        ) AS steady_period
    FROM steady_weeks
),
steady_price_periods AS (
    SELECT restaurant_id, currency, item_category, item_key, MIN(week) AS first_week, MAX(week) AS last_week
    FROM numbered_weeks
    GROUP BY restaurant_id, currency, item_category, item_key, steady_period
),
compared_items AS (
    -- Siblings sold at one price before and after the windows. Their sales within the windows must not decide whether
    -- an item is a sibling: if it had to sell on both sides, the growth of items with few sales would be missed.
    SELECT
        changes.restaurant_id,
        changes.currency,
        changes.item_category,
        changes.item_key,
        changes.change_week,
        changes.last_old_week,
        changes.window_start,
        changes.window_end,
        periods.item_key AS compared_key
    FROM changes
    INNER JOIN steady_price_periods AS periods
        ON periods.restaurant_id = changes.restaurant_id
        AND periods.currency = changes.currency
        AND periods.item_category = changes.item_category
        AND periods.item_key <> changes.item_key
        AND periods.first_week < changes.window_start
        AND periods.last_week >= changes.window_end
    WHERE changes.weeks_between <= 8
    UNION ALL
    SELECT
        restaurant_id,
        currency,
        item_category,
        item_key,
        change_week,
        last_old_week,
        window_start,
        window_end,
        item_key AS compared_key
    FROM changes
    WHERE weeks_between <= 8
),
compared_weeks AS (
    SELECT
        compared.restaurant_id,
        compared.currency,
        compared.item_category,
        compared.item_key,
        compared.change_week,
        compared.compared_key,
        sold.is_change,
        LEAST(sold.items, typical.most_items) AS items,
        sold.week < compared.last_old_week AS is_before,
        sold.week > compared.change_week AS is_after,
        compared.compared_key = compared.item_key AS is_item
    FROM compared_items AS compared
    INNER JOIN weeks_with_changes AS sold
        ON sold.restaurant_id = compared.restaurant_id
        AND sold.currency = compared.currency
        AND sold.item_category = compared.item_category
        AND sold.item_key = compared.compared_key
        AND sold.week >= compared.window_start
        AND sold.week < compared.window_end
    INNER JOIN typical_weeks AS typical
        ON typical.restaurant_id = sold.restaurant_id
        AND typical.currency = sold.currency
        AND typical.item_category = sold.item_category
        AND typical.item_key = sold.item_key
),
compared_sales AS (
    SELECT
        restaurant_id,
        currency,
        item_category,
        item_key,
        change_week,
        COALESCE(SUM(items) FILTER (WHERE is_item AND is_before), 0) AS items_before,
        COALESCE(SUM(items) FILTER (WHERE is_item AND is_after), 0) AS items_after,
        COUNT(*) FILTER (WHERE is_item AND is_change) AS price_changes,
        COUNT(DISTINCT IF(NOT is_item, compared_key)) AS siblings,
        COALESCE(SUM(items) FILTER (WHERE NOT is_item AND is_before), 0) AS sibling_items_before,
        COALESCE(SUM(items) FILTER (WHERE NOT is_item AND is_after), 0) AS sibling_items_after
    FROM compared_weeks
    GROUP BY restaurant_id, currency, item_category, item_key, change_week
)
SELECT
    changes.restaurant_id,
    changes.currency,
    changes.item_category,
    changes.item_key,
    changes.item_name,
    changes.change_week,
    changes.last_old_week AS last_week_at_old_price,
    CAST(changes.old_price AS DECIMAL(18, 2)) AS old_unit_price,
    CAST(changes.new_price AS DECIMAL(18, 2)) AS new_unit_price,
    changes.new_price / changes.old_price - 1 AS price_change,
    CAST(sales.items_before AS BIGINT) AS items_before,
    CAST(sales.items_after AS BIGINT) AS items_after,
    sales.siblings,
    CAST(sales.sibling_items_before AS BIGINT) AS sibling_items_before,
    CAST(sales.sibling_items_after AS BIGINT) AS sibling_items_after,
    CAST(
        CASE
            WHEN changes.new_price >= 2 * changes.old_price OR changes.old_price >= 2 * changes.new_price
                THEN 'not_comparable'
            WHEN changes.weeks_between > 8 THEN 'not_dated'
            WHEN changes.window_start < store_starts.first_date THEN 'window_incomplete'
            WHEN DATE_ADD('week', 1, changes.window_end) > DATE_ADD('day', 1, {{ as_of_date }}) THEN 'window_incomplete'
            WHEN typical.first_week >= changes.window_start THEN 'item_not_sold_throughout'
            WHEN typical.last_week < changes.window_end THEN 'item_not_sold_throughout'
            WHEN sales.price_changes > 1 THEN 'another_change_in_window'
            WHEN sales.siblings = 0 THEN 'no_unchanged_siblings'
            WHEN sales.items_before + sales.items_after = 0 THEN 'no_units'
            ELSE 'usable'
        END AS VARCHAR
    ) AS use_status,
    {{ as_of_date }} AS as_of_date
FROM changes
LEFT JOIN compared_sales AS sales
    ON sales.restaurant_id = changes.restaurant_id
    AND sales.currency = changes.currency
    AND sales.item_category = changes.item_category
    AND sales.item_key = changes.item_key
    AND sales.change_week = changes.change_week
INNER JOIN typical_weeks AS typical
    ON typical.restaurant_id = changes.restaurant_id
    AND typical.currency = changes.currency
    AND typical.item_category = changes.item_category
    AND typical.item_key = changes.item_key
INNER JOIN store_starts
    ON store_starts.restaurant_id = changes.restaurant_id
