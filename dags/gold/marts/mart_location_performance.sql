-- about: Each store by month, by year and since the first day: sales, customers, order value with its rank and their intervals, and growth against the store's own past.
-- grain: restaurant_id x currency x period_type x period_start x as_of_date
-- partition: as_of_date
-- reads: gold_daily_sales_by_store, gold_item_sales_by_day, gold_store_customers_by_closed_year, gold_customer_preferences_before_cutoff, gold_customer_day_by_quarter, gold_customer_day
-- denominator: guests in
-- columns:
--   restaurant_id: id of the store
--   currency: currency of all amounts in the row
--   period_type: month, year or all (from the first day of the data to the as-of date)
--   period_start: first day of the period
--   is_whole_period: true if the store had sales by the start of the period and the period ended by the as-of date; always true for all
--   open_days: days of the period with sales; a closed day is not counted as a day with zero sales
--   gross_sales: item amounts plus positive option amounts, before discounts
--   discount_amount: discounts (negative options), as a positive amount
--   refund_amount: refunds (negative lines, and options taken back), as a positive amount
--   net_sales: gross sales less discounts and refunds
--   orders: orders, guests in
--   items: units sold, before refunds
--   aov: net sales per order
--   net_sales_per_open_day: net sales per day with sales
--   net_sales_rank: rank by net sales within the period and currency, 1 for the most; equal amounts share a rank
--   aov_rank: rank by aov within the period and currency, 1 for the highest; equal values share a rank
--   aov_shrunk: estimate of the store's lasting net sales per order: a weighted mean of its own aov and the mean of all stores; the fewer orders a store has, the more the mean of all stores weighs (empirical Bayes)
--   aov_low: lower end of the 95 % interval of aov_shrunk
--   aov_high: upper end of the 95 % interval of aov_shrunk
--   aov_reliability: weight of the store's own aov in aov_shrunk, 0 to 1
--   aov_rank_expected: 1 plus the sum over the other stores of the probability that their lasting value is higher
--   aov_rank_shrunk: rank by aov_rank_expected, 1 for the highest value; equal values share a rank
--   aov_rank_low: best rank in the 95 % interval of aov_rank_expected
--   aov_rank_high: worst rank in the 95 % interval of aov_rank_expected
--   aov_status: estimated, no_difference_found (the stores differ no more than by chance: all have one mean) or insufficient_data (fewer than 3 stores have orders, or none has two orders)
--   net_sales_share: share of the net sales of all stores in the period and currency
--   mix_adjusted_aov_index: net sales divided by what the store's orders of each category would bring at the chain's mean per order of that category; 1 equals the chain; null if the divisor is not above zero
--   net_sales_year_ago: net sales of the same month or year one year earlier, if both periods are whole
--   open_days_year_ago: days with sales of the same month or year one year earlier
--   same_store_growth: change of net sales against net_sales_year_ago, as a share of it; null if that is not above zero, or if one of the two periods has fewer days with sales than 80 % of the other's
--   guest_order_share: share of orders without a user
--   loyalty_order_share: share of orders that are loyalty orders
--   customers: different customers (app_name, user_id) who ordered at the store; guests out
--   repeat_customer_share: share of these customers with two or more orders at the store in the period; guests out
--   as_of_date: last day that is counted
{% import 'macros/comparisons.sql' as comparisons %}
{% import 'macros/customer_days.sql' as customer_days %}
{% import 'macros/customer_periods.sql' as customer_periods %}
{% import 'macros/order_values.sql' as order_values %}
WITH store_days AS (
    SELECT
        *,
        MIN(order_date) OVER () AS first_date,
        MIN(IF(items > 0, order_date)) OVER (PARTITION BY restaurant_id) AS store_first_date
    FROM {{ database }}.gold_daily_sales_by_store
    WHERE order_date <= {{ as_of_date }}
),
periods AS (
    -- Every day with its month, its year and the whole time.
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
            OR COALESCE(
                MIN(store_days.store_first_date) <= periods.period_start
                AND DATE_DIFF('day', {{ as_of_date }}, periods.next_start) <= 1,
                FALSE
            ) AS is_whole_period,
        COUNT(DISTINCT store_days.order_date) FILTER (WHERE store_days.items > 0) AS open_days,
        SUM(store_days.gross_sales) AS gross_sales,
        SUM(store_days.discount_amount) AS discount_amount,
        SUM(store_days.refund_amount) AS refund_amount,
        SUM(store_days.net_sales) AS net_sales,
        CAST(SUM(store_days.net_sales) AS DOUBLE) / NULLIF(CAST(SUM(store_days.orders) AS DOUBLE), 0) AS aov,
        CAST(SUM(CAST(store_days.net_sales_squared AS DECIMAL(38, 4))) AS DOUBLE) AS net_sales_squared,
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
compared_totals AS (
    SELECT
        *,
        IF(period_type <> 'all' AND is_whole_period, MAX(IF(is_whole_period, net_sales)) OVER (
            PARTITION BY restaurant_id, currency, period_type
            ORDER BY period_start
            RANGE BETWEEN INTERVAL '1' YEAR PRECEDING AND INTERVAL '1' YEAR PRECEDING
        )) AS net_sales_year_ago,
        IF(period_type <> 'all' AND is_whole_period, MAX(IF(is_whole_period, open_days)) OVER (
            PARTITION BY restaurant_id, currency, period_type
            ORDER BY period_start
            RANGE BETWEEN INTERVAL '1' YEAR PRECEDING AND INTERVAL '1' YEAR PRECEDING
        )) AS open_days_year_ago,
        COUNT(aov) OVER peers AS peer_stores,
        CAST(SUM(orders) OVER peers AS DOUBLE) AS peer_orders,
        CAST(SUM(orders * orders) OVER peers AS DOUBLE) AS peer_orders_squared,
        CAST(SUM(IF(orders > 0, net_sales)) OVER peers AS DOUBLE) AS peer_net_sales,
        -- Decimals are summed: the sum of doubles depends on the order of the rows and could differ from run to run.
        CAST(
            SUM(CAST(GREATEST(0E0, net_sales_squared - orders * aov * aov) AS DECIMAL(38, 6))) OVER peers AS DOUBLE
        ) AS squares_within
    FROM store_totals
    WINDOW peers AS (PARTITION BY period_type, period_start, currency)
),
{{ order_values.estimates("compared_totals") }},
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
    -- Rounded to a decimal, so that the sum over the categories does not depend on their order.
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
open_days AS (
    {{ customer_days.since(database, first_open_year, as_of_date, customer_periods.store_columns) }}
),
open_days_by_period AS (
    {{ customer_periods.periods_of("open_days") }}
),
days_since AS (
    {{ customer_days.since(database, cutoff_date, as_of_date, customer_periods.store_columns) }}
),
store_customers AS (
    -- Orders of each customer at each store over the whole time: before the cutoff date, and on the customer days
    -- since.
    SELECT app_name, user_id, currency, restaurant_id, SUM(orders) AS orders
    FROM (
        SELECT app_name, user_id, currency, value AS restaurant_id, orders
        FROM {{ database }}.gold_customer_preferences_before_cutoff
        WHERE cutoff_date = {{ cutoff_date }}
            AND dimension = 'store'
        UNION ALL
        SELECT days_since.app_name, days_since.user_id, days_since.currency, store.restaurant_id, store.orders
        FROM days_since
        CROSS JOIN UNNEST(days_since.restaurant_ids, days_since.restaurant_orders) AS store (restaurant_id, orders)
    ) AS totals_and_days
    GROUP BY app_name, user_id, currency, restaurant_id
),
customer_totals AS (
    SELECT period_type, period_start, restaurant_id, currency, customers, repeat_customers
    FROM {{ database }}.gold_store_customers_by_closed_year
    WHERE year < {{ first_open_year }}
    UNION ALL
    {{ customer_periods.store_counts("open_days_by_period") }}
    UNION ALL
    SELECT
        'all' AS period_type,
        (SELECT MIN(first_date) FROM store_days) AS period_start,
        restaurant_id,
        currency,
        COUNT(*) AS customers,
        COUNT(*) FILTER (WHERE orders >= 2) AS repeat_customers
    FROM store_customers
    GROUP BY restaurant_id, currency
)
SELECT
    totals.restaurant_id,
    totals.currency,
    CAST(totals.period_type AS VARCHAR) AS period_type,
    totals.period_start,
    totals.is_whole_period,
    totals.open_days,
    CAST(totals.gross_sales AS DECIMAL(18, 2)) AS gross_sales,
    CAST(totals.discount_amount AS DECIMAL(18, 2)) AS discount_amount,
    CAST(totals.refund_amount AS DECIMAL(18, 2)) AS refund_amount,
    CAST(totals.net_sales AS DECIMAL(18, 2)) AS net_sales,
    totals.orders,
    totals.items,
    totals.aov,
    CAST(totals.net_sales AS DOUBLE) / NULLIF(totals.open_days, 0) AS net_sales_per_open_day,
    RANK() OVER (
        PARTITION BY totals.period_type, totals.period_start, totals.currency ORDER BY totals.net_sales DESC
    ) AS net_sales_rank,
    RANK() OVER (
        PARTITION BY totals.period_type, totals.period_start, totals.currency ORDER BY totals.aov DESC NULLS LAST
    ) AS aov_rank,
    totals.aov_shrunk,
    totals.aov_shrunk - 1.96E0 * SQRT(totals.aov_variance + totals.shrinkage_variance) AS aov_low,
    totals.aov_shrunk + 1.96E0 * SQRT(totals.aov_variance + totals.shrinkage_variance) AS aov_high,
    totals.reliability AS aov_reliability,
    aov_ranks.expected_rank AS aov_rank_expected,
    IF(
        aov_ranks.expected_rank IS NOT NULL,
        RANK() OVER (
            PARTITION BY totals.period_type, totals.period_start, totals.currency
            ORDER BY aov_ranks.expected_rank NULLS LAST
        )
    ) AS aov_rank_shrunk,
    CAST(
        GREATEST(1E0, ROUND(aov_ranks.expected_rank - 1.96E0 * SQRT(GREATEST(0E0, aov_ranks.rank_variance)))) AS BIGINT
    ) AS aov_rank_low,
    CAST(
        LEAST(
            CAST(totals.peer_stores AS DOUBLE),
            ROUND(aov_ranks.expected_rank + 1.96E0 * SQRT(GREATEST(0E0, aov_ranks.rank_variance)))
        ) AS BIGINT
    ) AS aov_rank_high,
    CAST(
        CASE
            WHEN totals.aov_shrunk IS NULL THEN 'insufficient_data'
            WHEN totals.store_variance > 0 THEN 'estimated'
            ELSE 'no_difference_found'
        END AS VARCHAR
    ) AS aov_status,
    CAST(totals.net_sales AS DOUBLE) / NULLIF(
        CAST(
            SUM(totals.net_sales) OVER (PARTITION BY totals.period_type, totals.period_start, totals.currency) AS DOUBLE
        ), 0
    ) AS net_sales_share,
    IF(
        mix_expectations.expected_net_sales > 0,
        CAST(totals.net_sales AS DOUBLE) / CAST(mix_expectations.expected_net_sales AS DOUBLE)
    ) AS mix_adjusted_aov_index,
    CAST(totals.net_sales_year_ago AS DECIMAL(18, 2)) AS net_sales_year_ago,
    totals.open_days_year_ago,
    {{ comparisons.change(
        "CAST(totals.net_sales AS DOUBLE)", "totals.net_sales_year_ago", "totals.open_days", "totals.open_days_year_ago"
    ) }} AS same_store_growth,
    totals.guest_orders / NULLIF(totals.orders, 0) AS guest_order_share,
    totals.loyalty_orders / NULLIF(totals.orders, 0) AS loyalty_order_share,
    COALESCE(customer_totals.customers, 0) AS customers,
    CAST(customer_totals.repeat_customers AS DOUBLE) / customer_totals.customers AS repeat_customer_share,
    {{ as_of_date }} AS as_of_date
FROM estimates AS totals
LEFT JOIN aov_ranks
    ON aov_ranks.period_type = totals.period_type
    AND aov_ranks.period_start = totals.period_start
    AND aov_ranks.currency = totals.currency
    AND aov_ranks.restaurant_id = totals.restaurant_id
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
