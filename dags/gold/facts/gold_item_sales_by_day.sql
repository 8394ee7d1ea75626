-- about: The sales of each item in each store on each day, and how often a paid option was ordered with it.
-- grain: restaurant_id x currency x item_category x item_key x order_date
-- partition: order_date
-- reads: silver_order_items
-- denominator: guests in
-- columns:
--   restaurant_id: id of the store
--   currency: currency of all amounts in the row
--   item_category: category of the item, with damaged spellings corrected
--   item_key: item name in lower case, so that different spellings count as one item
--   item_name: latest spelling of the item on the day
--   lines: order lines, without refunds
--   lines_with_paid_option: order lines with at least one option that costs something
--   category_orders: orders of the category, each counted once, on the item of its earliest line in the category; the sum over items is the number of orders with the category
--   items: units sold, before refunds; 0 on a day with refunds only
--   refunded_items: units refunded; they are not subtracted from items
--   item_amount: price of the items without options, in currency units
--   options_revenue: the part of gross sales that comes from paid options
--   discount_amount: discounts (negative options), as a positive amount
--   refund_amount: refunds (negative lines, and options taken back), as a positive amount
--   net_sales: item amount plus options revenue, less discounts and refunds
--   order_date: local calendar date of the order lines
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
    -- Ordered by columns that count for the fingerprint of a day. The row ids of the source do not count for it.
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
