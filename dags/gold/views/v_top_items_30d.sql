-- about: The fifty items with the most net sales in the 30 days that end with the last published day.
-- grain: item_category x item_key x currency
-- partition: none
-- reads: gold_item_sales_by_day
-- denominator: guests in
-- columns:
--   net_sales_rank: rank by net sales within the currency, 1 to 50; equal amounts share a rank
--   item_category: category of the item, with damaged spellings corrected
--   item_key: item name in lower case, so that different spellings count as one item
--   item_name: latest spelling of the item
--   currency: currency of all amounts in the row
--   lines: order lines, without refunds
--   items: units sold, before refunds
--   refund_amount: refunds (negative lines, and options taken back), as a positive amount
--   net_sales: gross sales less discounts and refunds
--   options_revenue: the part of gross sales that comes from paid options
--   net_sales_share: share of the net sales of all items in the 30 days, in the currency
--   attach_rate: share of order lines with a paid option
--   restaurants: number of stores that sold the item
--   first_date: first of the 30 days
--   last_date: last of the 30 days: the latest published day with sales
WITH last_day AS (
    SELECT MAX(order_date) AS last_date
    FROM {{ database }}.gold_item_sales_by_day
),
item_totals AS (
    SELECT
        sold.item_category,
        sold.item_key,
        MAX_BY(sold.item_name, CAST(sold.order_date AS VARCHAR) || sold.item_name) AS item_name,
        sold.currency,
        CAST(SUM(sold.lines) AS BIGINT) AS lines,
        CAST(SUM(sold.items) AS BIGINT) AS items,
        SUM(sold.refund_amount) AS refund_amount,
        SUM(sold.net_sales) AS net_sales,
        SUM(sold.options_revenue) AS options_revenue,
        CAST(SUM(sold.lines_with_paid_option) AS DOUBLE) AS lines_with_paid_option,
        COUNT(DISTINCT sold.restaurant_id) AS restaurants,
        last_day.last_date
    FROM {{ database }}.gold_item_sales_by_day AS sold
    CROSS JOIN last_day
    WHERE DATE_DIFF('day', sold.order_date, last_day.last_date) < 30
    GROUP BY sold.item_category, sold.item_key, sold.currency, last_day.last_date
),
ranked_items AS (
    SELECT
        *,
        RANK() OVER (PARTITION BY currency ORDER BY net_sales DESC) AS net_sales_rank,
        CAST(SUM(net_sales) OVER (PARTITION BY currency) AS DOUBLE) AS all_net_sales
    FROM item_totals
)
SELECT
    net_sales_rank,
    item_category,
    item_key,
    item_name,
    currency,
    lines,
    items,
    CAST(refund_amount AS DECIMAL(18, 2)) AS refund_amount,
    CAST(net_sales AS DECIMAL(18, 2)) AS net_sales,
    CAST(options_revenue AS DECIMAL(18, 2)) AS options_revenue,
    CAST(net_sales AS DOUBLE) / NULLIF(all_net_sales, 0) AS net_sales_share,
    lines_with_paid_option / NULLIF(lines, 0) AS attach_rate,
    restaurants,
    CAST(DATE_ADD('day', -29, last_date) AS DATE) AS first_date,
    last_date
FROM ranked_items
WHERE net_sales_rank <= 50
