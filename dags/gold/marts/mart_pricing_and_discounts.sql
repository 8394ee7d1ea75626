-- about: How often a paid option comes with an item, what it brings, and discounted beside full-price orders where there are discounts.
-- grain: level x restaurant_id x item_category x item_key x currency x as_of_date
-- partition: as_of_date
-- reads: gold_item_sales_by_day, gold_discounts_by_day
-- denominator: guests in
-- columns:
--   level: chain, store, item (of the chain) or store_item; each level adds up to all sales
--   restaurant_id: the store; all on the levels chain and item
--   item_category: the category; all on the levels chain and store
--   item_key: the item, name folded to one case; all on the levels chain and store
--   item_name: the item's latest spelling; all on the levels chain and store
--   currency: currency of every amount in the row
--   lines: order lines
--   lines_with_paid_option: lines on which at least one option cost something
--   attach_rate: lines with a paid option over lines
--   attach_rate_low: lower end of the 95 % Wilson interval of the attach rate
--   attach_rate_high: upper end of that interval
--   items: units sold
--   item_amount: what the items cost, without options
--   unit_price: item amount per unit sold
--   options_revenue: what paid options brought
--   options_revenue_per_line: options revenue per order line
--   options_revenue_share: options revenue as a part of gross sales
--   discount_amount: what discounts took off, as a positive amount
--   net_sales: gross less discounts
--   orders: orders of the chain or store; null on the item levels, as are all columns below but the status
--   discount_status: discounts_observed, no_discounts_observed, or not_counted_by_item on the item levels
--   discounted_orders: orders with a discount
--   discounted_order_share: discounted orders over orders
--   discounted_order_share_low: lower end of its 95 % Wilson interval; 0 where no discount was observed
--   discounted_order_share_high: upper end of that interval; where no discount was observed the bound 3 / orders (rule of three)
--   discounted_net_sales: net sales of discounted orders; null where no discount was observed
--   discounted_aov: net sales per discounted order; null where no discount was observed
--   discount_depth: discount amount over the gross sales of discounted orders; null where no discount was observed
--   full_price_orders: orders without a discount
--   full_price_net_sales: net sales of orders without a discount
--   full_price_aov: net sales per full-price order
--   as_of_date: the last day counted
WITH item_totals AS (
    SELECT
        CASE
            WHEN GROUPING(restaurant_id) = 1 AND GROUPING(item_key) = 1 THEN 'chain'
            WHEN GROUPING(item_key) = 1 THEN 'store'
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
        SUM(net_sales) AS net_sales
    FROM {{ database }}.gold_item_sales_by_day
    WHERE order_date <= {{ as_of_date }}
    GROUP BY GROUPING SETS (
        (currency),
        (currency, restaurant_id),
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
        CAST(SUM(full_price_orders) AS BIGINT) AS full_price_orders,
        SUM(full_price_net_sales) AS full_price_net_sales,
        BOOL_AND(no_discounts_observed) AS no_discounts_observed
    FROM {{ database }}.gold_discounts_by_day
    WHERE order_date <= {{ as_of_date }}
    GROUP BY GROUPING SETS ((currency), (currency, restaurant_id))
)
SELECT
    CAST(sold.level AS VARCHAR) AS level,
    sold.restaurant_id,
    sold.item_category,
    sold.item_key,
    sold.item_name,
    sold.currency,
    sold.lines,
    sold.lines_with_paid_option,
    CAST(sold.lines_with_paid_option AS DOUBLE) / sold.lines AS attach_rate,
    WILSON_INTERVAL_LOWER(sold.lines_with_paid_option, sold.lines, 1.96E0) AS attach_rate_low,
    WILSON_INTERVAL_UPPER(sold.lines_with_paid_option, sold.lines, 1.96E0) AS attach_rate_high,
    sold.items,
    CAST(sold.item_amount AS DECIMAL(18, 2)) AS item_amount,
    CAST(sold.item_amount AS DOUBLE) / NULLIF(sold.items, 0) AS unit_price,
    CAST(sold.options_revenue AS DECIMAL(18, 2)) AS options_revenue,
    CAST(sold.options_revenue AS DOUBLE) / sold.lines AS options_revenue_per_line,
    CAST(sold.options_revenue AS DOUBLE) / NULLIF(CAST(sold.item_amount + sold.options_revenue AS DOUBLE), 0)
        AS options_revenue_share,
    CAST(sold.discount_amount AS DECIMAL(18, 2)) AS discount_amount,
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
    CAST(discounts.discounted_net_sales AS DOUBLE) / NULLIF(discounts.discounted_orders, 0) AS discounted_aov,
    IF(
        discounts.no_discounts_observed,
        NULL,
        CAST(sold.discount_amount AS DOUBLE) / NULLIF(CAST(discounts.discounted_gross_sales AS DOUBLE), 0)
    ) AS discount_depth,
    discounts.full_price_orders,
    CAST(discounts.full_price_net_sales AS DECIMAL(18, 2)) AS full_price_net_sales,
    CAST(discounts.full_price_net_sales AS DOUBLE) / NULLIF(discounts.full_price_orders, 0) AS full_price_aov,
    {{ as_of_date }} AS as_of_date
FROM item_totals AS sold
LEFT JOIN discount_totals AS discounts
    ON discounts.level = sold.level
    AND discounts.restaurant_id = sold.restaurant_id
    AND discounts.currency = sold.currency
