-- about: How often a paid option is ordered with an item and its revenue, discounted and full-price orders, and how units sold change with prices.
-- grain: level x restaurant_id x item_category x item_key x currency x as_of_date
-- partition: as_of_date
-- reads: gold_item_sales_by_day, gold_discounts_by_day, gold_price_changes
-- denominator: guests in
-- columns:
--   level: chain, store, category (of the chain), item (of the chain) or store_item; each level adds up to all sales, so read one level at a time
--   restaurant_id: id of the store; all on the levels chain, category and item
--   item_category: category of the item, with damaged spellings corrected; all on the levels chain and store
--   item_key: item name in lower case, so that different spellings count as one item; all on the levels chain, store and category
--   item_name: latest spelling of the item; all on the levels chain, store and category
--   currency: currency of all amounts in the row
--   lines: order lines, without refunds
--   lines_with_paid_option: order lines with at least one option that costs something
--   attach_rate: share of order lines with a paid option
--   attach_rate_low: lower end of the 95 % Wilson interval of attach_rate
--   attach_rate_high: upper end of the 95 % Wilson interval of attach_rate
--   items: units sold, before refunds
--   item_amount: price of the items without options, in currency units
--   unit_price: item amount per unit sold
--   options_revenue: the part of gross sales that comes from paid options
--   options_revenue_per_line: options revenue per order line
--   options_revenue_share: options revenue as a share of gross sales
--   discount_amount: discounts (negative options), as a positive amount
--   refund_amount: refunds (negative lines, and options taken back), as a positive amount
--   refund_share: refunds as a share of gross sales
--   net_sales: gross sales less discounts and refunds
--   orders: orders of the chain or store; null on the other levels, like all columns of discounts except their status
--   discount_status: discounts_observed, no_discounts_observed, or not_counted_by_item on the levels category, item and store_item
--   discounted_orders: orders with at least one discount (an option with a negative price)
--   discounted_order_share: share of orders with a discount
--   discounted_order_share_low: lower end of the 95 % Wilson interval of discounted_order_share; 0 if no discount was observed
--   discounted_order_share_high: upper end of that interval; if no discount was observed the bound 3 / orders (rule of three)
--   discounted_net_sales: net sales of discounted orders; null if no discount was observed
--   discounted_aov: net sales per discounted order; null if no discount was observed
--   discounted_aov_low: lower end of the 95 % interval of discounted_aov; null below 30 such orders
--   discounted_aov_high: upper end of that interval
--   discount_depth: discount amount / gross sales of discounted orders; null if no discount was observed
--   full_price_orders: orders without a discount
--   full_price_net_sales: net sales of orders without a discount
--   full_price_aov: net sales per full-price order
--   full_price_aov_low: lower end of the 95 % interval of full_price_aov; null below 30 such orders
--   full_price_aov_high: upper end of that interval
--   aov_difference: discounted_aov - full_price_aov; discounted orders differ in other ways too, so it is not the effect of the discount; null unless estimated
--   aov_difference_low: lower end of the 95 % interval of aov_difference (Welch)
--   aov_difference_high: upper end of that interval
--   aov_difference_status: estimated, insufficient_data (fewer than 30 orders of one of the two kinds), no_discounts_observed or not_counted_by_item
--   price_changes: number of lasting price changes (gold_price_changes); a change of an item counts once for each store
--   last_price_change_week: Monday of the week of the latest price change
--   elasticity_events: number of price changes with whole weeks before and after and with unchanged siblings; null on levels without an elasticity
--   mean_price_change: mean change of the price in these events, as a share of the old price
--   elasticity: change of units in per cent for a price change of one per cent, compared with unchanged items of the same store and category
--   elasticity_low: lower end of the 95 % interval of elasticity
--   elasticity_high: upper end of that interval
--   elasticity_status: estimated, insufficient_variation (fewer than 100 events, or fewer than 10 groups of them), not_identified (the estimate does not converge to a finite value) or not_estimated_at_this_level (only chain and category have enough events)
--   as_of_date: last day that is counted
{% import 'macros/elasticity.sql' as elasticity %}
WITH item_totals AS (
    SELECT
        CASE
            WHEN GROUPING(restaurant_id) = 1 AND GROUPING(item_category) = 1 THEN 'chain'
            WHEN GROUPING(item_category) = 1 THEN 'store'
            WHEN GROUPING(item_key) = 1 THEN 'category'
            WHEN GROUPING(restaurant_id) = 1 THEN 'item'
            ELSE 'store_item'
        END AS level,
        COALESCE(restaurant_id, 'all') AS restaurant_id,
        COALESCE(item_category, 'all') AS item_category,
        COALESCE(item_key, 'all') AS item_key,
        IF(GROUPING(item_key) = 1, 'all', MAX_BY(item_name, CAST(order_date AS VARCHAR) || item_name)) AS item_name,
        currency,
        CAST(SUM(lines) AS BIGINT) AS lines,
        CAST(SUM(lines_with_paid_option) AS BIGINT) AS lines_with_paid_option,
        CAST(SUM(items) AS BIGINT) AS items,
        SUM(item_amount) AS item_amount,
        SUM(options_revenue) AS options_revenue,
        SUM(discount_amount) AS discount_amount,
        SUM(refund_amount) AS refund_amount,
        SUM(net_sales) AS net_sales
    FROM {{ database }}.gold_item_sales_by_day
    WHERE order_date <= {{ as_of_date }}
    GROUP BY GROUPING SETS (
        (currency),
        (currency, restaurant_id),
        (currency, item_category),
        (currency, item_category, item_key),
        (currency, restaurant_id, item_category, item_key)
    )
),
discount_totals AS (
    SELECT
        IF(GROUPING(restaurant_id) = 1, 'chain', 'store') AS level,
        COALESCE(restaurant_id, 'all') AS restaurant_id,
        currency,
        CAST(SUM(orders) AS BIGINT) AS orders,
        CAST(SUM(discounted_orders) AS BIGINT) AS discounted_orders,
        SUM(discounted_gross_sales) AS discounted_gross_sales,
        SUM(discounted_net_sales) AS discounted_net_sales,
        CAST(SUM(CAST(discounted_net_sales_squared AS DECIMAL(38, 4))) AS DOUBLE) AS discounted_squared,
        CAST(SUM(full_price_orders) AS BIGINT) AS full_price_orders,
        SUM(full_price_net_sales) AS full_price_net_sales,
        CAST(SUM(CAST(full_price_net_sales_squared AS DECIMAL(38, 4))) AS DOUBLE) AS full_price_squared,
        BOOL_AND(no_discounts_observed) AS no_discounts_observed
    FROM {{ database }}.gold_discounts_by_day
    WHERE order_date <= {{ as_of_date }}
    GROUP BY GROUPING SETS ((currency), (currency, restaurant_id))
),
discount_means AS (
    SELECT
        *,
        CAST(discounted_net_sales AS DOUBLE) / NULLIF(discounted_orders, 0) AS discounted_aov,
        CAST(full_price_net_sales AS DOUBLE) / NULLIF(full_price_orders, 0) AS full_price_aov
    FROM discount_totals
),
discount_variances AS (
    -- Variance of each mean: sum of squared deviations / (n (n - 1)). With 30 or more orders a normal mean is assumed.
    SELECT
        *,
        IF(
            discounted_orders >= 30,
            GREATEST(0E0, discounted_squared - discounted_orders * discounted_aov * discounted_aov)
            / (CAST(discounted_orders AS DOUBLE) * (discounted_orders - 1))
        ) AS discounted_variance,
        IF(
            full_price_orders >= 30,
            GREATEST(0E0, full_price_squared - full_price_orders * full_price_aov * full_price_aov)
            / (CAST(full_price_orders AS DOUBLE) * (full_price_orders - 1))
        ) AS full_price_variance
    FROM discount_means
),
discount_intervals AS (
    SELECT
        *,
        1.96E0 * SQRT(discounted_variance) AS discounted_half_width,
        1.96E0 * SQRT(full_price_variance) AS full_price_half_width,
        1.96E0 * SQRT(discounted_variance + full_price_variance) AS difference_half_width
    FROM discount_variances
),
change_totals AS (
    SELECT
        CASE
            WHEN GROUPING(restaurant_id) = 1 AND GROUPING(item_category) = 1 THEN 'chain'
            WHEN GROUPING(item_category) = 1 THEN 'store'
            WHEN GROUPING(item_key) = 1 THEN 'category'
            WHEN GROUPING(restaurant_id) = 1 THEN 'item'
            ELSE 'store_item'
        END AS level,
        COALESCE(restaurant_id, 'all') AS restaurant_id,
        COALESCE(item_category, 'all') AS item_category,
        COALESCE(item_key, 'all') AS item_key,
        currency,
        COUNT(*) AS price_changes,
        MAX(change_week) AS last_price_change_week
    FROM {{ database }}.gold_price_changes
    WHERE as_of_date = {{ as_of_date }}
    GROUP BY GROUPING SETS (
        (currency),
        (currency, restaurant_id),
        (currency, item_category),
        (currency, item_category, item_key),
        (currency, restaurant_id, item_category, item_key)
    )
),
{{ elasticity.estimates(database ~ ".gold_price_changes", as_of_date) }}
SELECT
    CAST(sold.level AS VARCHAR) AS level,
    sold.restaurant_id,
    sold.item_category,
    sold.item_key,
    sold.item_name,
    sold.currency,
    sold.lines,
    sold.lines_with_paid_option,
    CAST(sold.lines_with_paid_option AS DOUBLE) / NULLIF(sold.lines, 0) AS attach_rate,
    IF(sold.lines > 0, WILSON_INTERVAL_LOWER(sold.lines_with_paid_option, sold.lines, 1.96E0)) AS attach_rate_low,
    IF(sold.lines > 0, WILSON_INTERVAL_UPPER(sold.lines_with_paid_option, sold.lines, 1.96E0)) AS attach_rate_high,
    sold.items,
    CAST(sold.item_amount AS DECIMAL(18, 2)) AS item_amount,
    CAST(sold.item_amount AS DOUBLE) / NULLIF(sold.items, 0) AS unit_price,
    CAST(sold.options_revenue AS DECIMAL(18, 2)) AS options_revenue,
    CAST(sold.options_revenue AS DOUBLE) / NULLIF(sold.lines, 0) AS options_revenue_per_line,
    CAST(sold.options_revenue AS DOUBLE) / NULLIF(CAST(sold.item_amount + sold.options_revenue AS DOUBLE), 0)
        AS options_revenue_share,
    CAST(sold.discount_amount AS DECIMAL(18, 2)) AS discount_amount,
    CAST(sold.refund_amount AS DECIMAL(18, 2)) AS refund_amount,
    CAST(sold.refund_amount AS DOUBLE) / NULLIF(CAST(sold.item_amount + sold.options_revenue AS DOUBLE), 0)
        AS refund_share,
    CAST(sold.net_sales AS DECIMAL(18, 2)) AS net_sales,
    discounts.orders,
    CAST(
        CASE
            WHEN discounts.level IS NULL THEN 'not_counted_by_item'
            WHEN discounts.no_discounts_observed THEN 'no_discounts_observed'
            ELSE 'discounts_observed'
        END AS VARCHAR
    ) AS discount_status,
    discounts.discounted_orders,
    CAST(discounts.discounted_orders AS DOUBLE) / NULLIF(discounts.orders, 0) AS discounted_order_share,
    CASE
        WHEN discounts.no_discounts_observed THEN 0E0
        WHEN discounts.orders > 0 THEN WILSON_INTERVAL_LOWER(discounts.discounted_orders, discounts.orders, 1.96E0)
    END AS discounted_order_share_low,
    CASE
        WHEN discounts.no_discounts_observed THEN LEAST(1E0, 3E0 / NULLIF(discounts.orders, 0))
        WHEN discounts.orders > 0 THEN WILSON_INTERVAL_UPPER(discounts.discounted_orders, discounts.orders, 1.96E0)
    END AS discounted_order_share_high,
    IF(discounts.no_discounts_observed, NULL, CAST(discounts.discounted_net_sales AS DECIMAL(18, 2)))
        AS discounted_net_sales,
    discounts.discounted_aov,
    discounts.discounted_aov - discounts.discounted_half_width AS discounted_aov_low,
    discounts.discounted_aov + discounts.discounted_half_width AS discounted_aov_high,
    IF(
        discounts.no_discounts_observed,
        NULL,
        CAST(sold.discount_amount AS DOUBLE) / NULLIF(CAST(discounts.discounted_gross_sales AS DOUBLE), 0)
    ) AS discount_depth,
    discounts.full_price_orders,
    CAST(discounts.full_price_net_sales AS DECIMAL(18, 2)) AS full_price_net_sales,
    discounts.full_price_aov,
    discounts.full_price_aov - discounts.full_price_half_width AS full_price_aov_low,
    discounts.full_price_aov + discounts.full_price_half_width AS full_price_aov_high,
    IF(discounts.difference_half_width IS NOT NULL, discounts.discounted_aov - discounts.full_price_aov)
        AS aov_difference,
    discounts.discounted_aov - discounts.full_price_aov - discounts.difference_half_width AS aov_difference_low,
    discounts.discounted_aov - discounts.full_price_aov + discounts.difference_half_width AS aov_difference_high,
    CAST(
        CASE
            WHEN discounts.level IS NULL THEN 'not_counted_by_item'
            WHEN discounts.no_discounts_observed THEN 'no_discounts_observed'
            WHEN discounts.difference_half_width IS NOT NULL THEN 'estimated'
            ELSE 'insufficient_data'
        END AS VARCHAR
    ) AS aov_difference_status,
    COALESCE(changes.price_changes, 0) AS price_changes,
    changes.last_price_change_week,
    IF(sold.level IN ('chain', 'category'), COALESCE(elasticities.events, 0)) AS elasticity_events,
    elasticities.mean_price_change,
    IF(elasticities.status = 'estimated', elasticities.elasticity) AS elasticity,
    IF(
        elasticities.status = 'estimated',
        elasticities.elasticity - elasticities.critical_value * elasticities.standard_error
    ) AS elasticity_low,
    IF(
        elasticities.status = 'estimated',
        elasticities.elasticity + elasticities.critical_value * elasticities.standard_error
    ) AS elasticity_high,
    CAST(
        CASE
            WHEN sold.level NOT IN ('chain', 'category') THEN 'not_estimated_at_this_level'
            ELSE COALESCE(elasticities.status, 'insufficient_variation')
        END AS VARCHAR
    ) AS elasticity_status,
    {{ as_of_date }} AS as_of_date
FROM item_totals AS sold
LEFT JOIN discount_intervals AS discounts
    ON discounts.level = sold.level
    AND discounts.restaurant_id = sold.restaurant_id
    AND discounts.currency = sold.currency
LEFT JOIN change_totals AS changes
    ON changes.level = sold.level
    AND changes.restaurant_id = sold.restaurant_id
    AND changes.item_category = sold.item_category
    AND changes.item_key = sold.item_key
    AND changes.currency = sold.currency
LEFT JOIN elasticities
    ON elasticities.level = sold.level
    AND elasticities.item_category = sold.item_category
    AND elasticities.currency = sold.currency
