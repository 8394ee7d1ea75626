-- about: What each item sold in each store on each day, and how often a paid option came with it.
-- grain: restaurant_id x currency x item_category x item_key x order_date
-- partition: order_date
-- reads: silver_order_items
-- denominator: guests in
-- columns:
--   restaurant_id: the store
--   currency: currency of every amount in the row
--   item_category: category after repair of damaged spellings
--   item_key: item name folded to one case, so that spellings of one item add up
--   item_name: the latest spelling of the item that day, for display
--   lines: order lines of the item; refunds are counted apart
--   lines_with_paid_option: lines on which at least one option cost something
--   category_orders: orders counted once per category, on the item of their earliest line in it; add over items for the orders of a category
--   items: units sold (sum of the lines' quantities); 0 on a day with refunds only
--   refunded_items: units refunded, not taken off items
--   item_amount: what the items themselves cost, without options
--   options_revenue: what paid options brought
--   discount_amount: what negative options took off, as a positive amount
--   refund_amount: what refunds took off, as a positive amount: negative lines, and options taken back
--   net_sales: item amount plus options revenue less discounts and refunds
--   order_date: local calendar date of the lines
WITH item_lines AS (
    SELECT
        restaurant_id,
        currency,
        item_category,
        item_key,
        item_name,
        created_at,
        order_id,
        lineitem_id,
        item_quantity,
        item_amount,
        options_revenue,
        discount_amount,
        refund_amount,
        net_sales,
        is_refund,
        ROW_NUMBER() OVER (
            PARTITION BY order_id, order_date, item_category
            ORDER BY is_refund, created_at, lineitem_id
        ) = 1 AND NOT is_refund AS opens_category,
        order_date
    FROM {{ database }}.silver_order_items
    WHERE order_date IN ({{ order_dates }})
        AND NOT is_test
)
SELECT
    restaurant_id,
    currency,
    item_category,
    item_key,
    -- By what the lines say: the source's own numbering may change without a day counting as changed.
    MAX_BY(item_name, ROW(created_at, order_id, lineitem_id)) AS item_name,
    COUNT(*) FILTER (WHERE NOT is_refund) AS lines,
    COUNT(*) FILTER (WHERE options_revenue > 0) AS lines_with_paid_option,
    COUNT(*) FILTER (WHERE opens_category) AS category_orders,
    CAST(COALESCE(SUM(item_quantity) FILTER (WHERE NOT is_refund), 0) AS BIGINT) AS items,
    CAST(COALESCE(-SUM(item_quantity) FILTER (WHERE is_refund), 0) AS BIGINT) AS refunded_items,
    CAST(COALESCE(SUM(item_amount) FILTER (WHERE NOT is_refund), 0) AS DECIMAL(18, 4)) AS item_amount,
    CAST(SUM(options_revenue) AS DECIMAL(18, 4)) AS options_revenue,
    CAST(SUM(discount_amount) AS DECIMAL(18, 4)) AS discount_amount,
    CAST(SUM(refund_amount) AS DECIMAL(18, 4)) AS refund_amount,
    CAST(SUM(net_sales) AS DECIMAL(18, 4)) AS net_sales,
    order_date
FROM item_lines
GROUP BY restaurant_id, currency, item_category, item_key, order_date
