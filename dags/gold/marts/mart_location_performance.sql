-- about: How each store does by month, by year and since the beginning: sales, customers, rank, and growth on the same store's past.
-- grain: restaurant_id x currency x period_type x period_start x as_of_date
-- partition: as_of_date
-- reads: gold_daily_sales_by_store, gold_item_sales_by_day, gold_customer_day
-- denominator: guests in
-- columns:
--   restaurant_id: the store
--   currency: currency of every amount in the row
--   period_type: month, year or all (from the first day of the data to the as-of date)
--   period_start: first day of the period
--   is_whole_period: true when the store had sales by the period's start and the period ended by the as-of date; always true for all
--   open_days: days of the period with sales; a day without is closed, not a zero
--   net_sales: gross less discounts
--   orders: orders, guests in
--   items: units sold
--   aov: net sales per order, as it is
--   net_sales_per_open_day: net sales per day with sales
--   net_sales_rank: 1 for the most net sales of the period in the currency; equal amounts share a rank
--   aov_rank: 1 for the highest net sales per order; equal values share a rank
--   net_sales_share: the store's part of the net sales of all stores
--   mix_adjusted_aov_index: net sales over what the store's orders of each category would bring at the chain's mean per order of that category; 1 is the chain
--   net_sales_year_ago: net sales of the same month or year of the year before, where both periods are whole
--   same_store_growth: change against that period, as a part of it
--   guest_order_share: part of the orders without a user
--   loyalty_order_share: part of the orders that are loyalty orders
--   customers: different customers (app_name, user_id) who ordered at the store; guests out
--   repeat_customer_share: part of those customers with two orders or more at the store in the period; guests out
--   as_of_date: the last day counted
WITH store_days AS (
    SELECT
        *,
        MIN(order_date) OVER () AS first_date,
        MIN(order_date) OVER (PARTITION BY restaurant_id) AS store_first_date
    FROM {{ database }}.gold_daily_sales_by_store
    WHERE order_date <= {{ as_of_date }}
),
periods AS (
    -- Every day beside the month, the year and the whole time it belongs to.
    SELECT DISTINCT
        store_days.order_date,
        period.period_type,
        CAST(
            CASE period.period_type
                WHEN 'month' THEN DATE_TRUNC('month', store_days.order_date)
                WHEN 'year' THEN DATE_TRUNC('year', store_days.order_date)
                ELSE store_days.first_date
            END AS DATE
        ) AS period_start,
        CAST(
            CASE period.period_type
                WHEN 'month' THEN DATE_ADD('month', 1, DATE_TRUNC('month', store_days.order_date))
                WHEN 'year' THEN DATE_ADD('year', 1, DATE_TRUNC('year', store_days.order_date))
            END AS DATE
        ) AS next_start
    FROM store_days
    CROSS JOIN UNNEST(ARRAY['month', 'year', 'all']) AS period (period_type)
),
store_totals AS (
    SELECT
        periods.period_type,
        periods.period_start,
        store_days.restaurant_id,
        store_days.currency,
        periods.period_type = 'all'
            OR (
                MIN(store_days.store_first_date) <= periods.period_start
                AND DATE_DIFF('day', {{ as_of_date }}, periods.next_start) <= 1
            ) AS is_whole_period,
        COUNT(DISTINCT store_days.order_date) AS open_days,
        SUM(store_days.net_sales) AS net_sales,
        CAST(SUM(store_days.net_sales) AS DOUBLE) / NULLIF(CAST(SUM(store_days.orders) AS DOUBLE), 0) AS aov,
        CAST(SUM(store_days.orders) AS BIGINT) AS orders,
        CAST(SUM(store_days.items) AS BIGINT) AS items,
        CAST(SUM(store_days.guest_orders) AS DOUBLE) AS guest_orders,
        CAST(SUM(store_days.loyalty_orders) AS DOUBLE) AS loyalty_orders
    FROM store_days
    INNER JOIN periods
        ON periods.order_date = store_days.order_date
    GROUP BY
        periods.period_type,
        periods.period_start,
        periods.next_start,
        store_days.restaurant_id,
        store_days.currency
),
category_totals AS (
    SELECT
        periods.period_type,
        periods.period_start,
        item_days.restaurant_id,
        item_days.currency,
        item_days.item_category,
        SUM(item_days.category_orders) AS category_orders,
        SUM(item_days.net_sales) AS net_sales
    FROM {{ database }}.gold_item_sales_by_day AS item_days
    INNER JOIN periods
        ON periods.order_date = item_days.order_date
    GROUP BY 1, 2, 3, 4, 5
),
category_chain_totals AS (
    SELECT
        *,
        SUM(category_orders) OVER (PARTITION BY period_type, period_start, currency, item_category) AS chain_orders,
        SUM(net_sales) OVER (PARTITION BY period_type, period_start, currency, item_category) AS chain_net_sales
    FROM category_totals
),
category_expectations AS (
    -- Rounded to a decimal, so that the sum over categories does not depend on their order.
    SELECT
        period_type,
        period_start,
        restaurant_id,
        currency,
        CAST(
            CAST(category_orders AS DOUBLE) * CAST(chain_net_sales AS DOUBLE) / NULLIF(CAST(chain_orders AS DOUBLE), 0)
            AS DECIMAL(18, 4)
        ) AS expected_net_sales
    FROM category_chain_totals
),
mix_expectations AS (
    SELECT period_type, period_start, restaurant_id, currency, SUM(expected_net_sales) AS expected_net_sales
    FROM category_expectations
    GROUP BY period_type, period_start, restaurant_id, currency
),
store_customers AS (
    SELECT
        periods.period_type,
        periods.period_start,
        ELEMENT_AT(customer_days.restaurant_ids, place.i) AS restaurant_id,
        customer_days.currency,
        customer_days.app_name,
        customer_days.user_id,
        SUM(ELEMENT_AT(customer_days.restaurant_orders, place.i)) AS orders
    FROM {{ database }}.gold_customer_day AS customer_days
    INNER JOIN periods
        ON periods.order_date = customer_days.order_date
    CROSS JOIN UNNEST(SEQUENCE(1, CAST(CARDINALITY(customer_days.restaurant_ids) AS BIGINT))) AS place (i)
    GROUP BY 1, 2, 3, 4, 5, 6
),
customer_totals AS (
    SELECT
        period_type,
        period_start,
        restaurant_id,
        currency,
        COUNT(*) AS customers,
        COUNT(*) FILTER (WHERE orders >= 2) AS repeat_customers
    FROM store_customers
    GROUP BY period_type, period_start, restaurant_id, currency
)
SELECT
    totals.restaurant_id,
    totals.currency,
    CAST(totals.period_type AS VARCHAR) AS period_type,
    totals.period_start,
    totals.is_whole_period,
    totals.open_days,
    CAST(totals.net_sales AS DECIMAL(18, 2)) AS net_sales,
    totals.orders,
    totals.items,
    totals.aov,
    CAST(totals.net_sales AS DOUBLE) / totals.open_days AS net_sales_per_open_day,
    RANK() OVER (
        PARTITION BY totals.period_type, totals.period_start, totals.currency ORDER BY totals.net_sales DESC
    ) AS net_sales_rank,
    RANK() OVER (
        PARTITION BY totals.period_type, totals.period_start, totals.currency ORDER BY totals.aov DESC NULLS LAST
    ) AS aov_rank,
    CAST(totals.net_sales AS DOUBLE) / NULLIF(
        CAST(
            SUM(totals.net_sales) OVER (PARTITION BY totals.period_type, totals.period_start, totals.currency) AS DOUBLE
        ), 0
    ) AS net_sales_share,
    CAST(totals.net_sales AS DOUBLE) / NULLIF(CAST(mix_expectations.expected_net_sales AS DOUBLE), 0)
        AS mix_adjusted_aov_index,
    CAST(year_ago.net_sales AS DECIMAL(18, 2)) AS net_sales_year_ago,
    CAST(totals.net_sales AS DOUBLE) / NULLIF(CAST(year_ago.net_sales AS DOUBLE), 0) - 1 AS same_store_growth,
    totals.guest_orders / NULLIF(totals.orders, 0) AS guest_order_share,
    totals.loyalty_orders / NULLIF(totals.orders, 0) AS loyalty_order_share,
    COALESCE(customer_totals.customers, 0) AS customers,
    CAST(customer_totals.repeat_customers AS DOUBLE) / customer_totals.customers AS repeat_customer_share,
    {{ as_of_date }} AS as_of_date
FROM store_totals AS totals
LEFT JOIN store_totals AS year_ago
    ON totals.period_type <> 'all'
    AND totals.is_whole_period
    AND year_ago.is_whole_period
    AND year_ago.period_type = totals.period_type
    AND year_ago.restaurant_id = totals.restaurant_id
    AND year_ago.currency = totals.currency
    AND year_ago.period_start = CAST(DATE_ADD('year', -1, totals.period_start) AS DATE)
LEFT JOIN mix_expectations
    ON mix_expectations.period_type = totals.period_type
    AND mix_expectations.period_start = totals.period_start
    AND mix_expectations.restaurant_id = totals.restaurant_id
    AND mix_expectations.currency = totals.currency
LEFT JOIN customer_totals
    ON customer_totals.period_type = totals.period_type
    AND customer_totals.period_start = totals.period_start
    AND customer_totals.restaurant_id = totals.restaurant_id
    AND customer_totals.currency = totals.currency
