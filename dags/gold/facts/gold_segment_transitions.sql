-- about: How many customers moved between segments from one month end to the next, over the last twelve whole months.
-- grain: currency x to_month_end x from_segment x to_segment x as_of_date
-- partition: as_of_date
-- reads: gold_customer_totals_before_cutoff, gold_customer_day_by_quarter, gold_customer_day
-- denominator: guests out
-- columns:
--   currency: currency of the net sales that were scored; a customer with orders in two currencies counts in both
--   from_month_end: last day of the month from which the customers start
--   to_month_end: last day of the next month, the as-of date at the latest
--   from_segment: segment as of from_month_end, by the rule of mart_customer_segments; No order yet for customers whose first order is later
--   to_segment: segment as of to_month_end; every pair of segments has a row, also a pair without customers
--   customers: customers who were in from_segment and are in to_segment
--   from_customers: customers in from_segment as of from_month_end; null for No order yet
--   transition_rate: customers / from_customers
--   transition_rate_low: lower end of the 95 % Wilson interval of transition_rate
--   transition_rate_high: upper end of the 95 % Wilson interval of transition_rate
--   transition_status: estimated, insufficient_data (from_segment was empty) or not_supported (No order yet: the number of possible new customers is not known)
--   as_of_date: last day that is counted
{% import 'macros/customer_days.sql' as customer_days %}
{% import 'macros/rfm.sql' as rfm %}
WITH totals_and_days AS (
    {{ customer_days.totals_and_days(database, cutoff_date, as_of_date) }}
),
month_ends AS (
    -- Thirteen month ends give twelve moves. Three earlier ones give the net sales at the start of the quarter, from
    -- which the cut-offs are computed.
    SELECT
        CAST(
            DATE_ADD(
                'day',
                -1,
                DATE_ADD('month', -months.ago, DATE_TRUNC('month', DATE_ADD('day', 1, {{ as_of_date }})))
            ) AS DATE
        ) AS month_end,
        months.ago <= 12 AS is_compared
    FROM UNNEST(SEQUENCE(0, 15)) AS months (ago)
),
customer_months AS (
    SELECT
        app_name,
        user_id,
        currency,
        -- Everything before the first month end, totals included, counts in the month of the first month end.
        GREATEST(DATE_TRUNC('month', order_date), DATE_TRUNC('month', first_end.month_end)) AS month,
        MAX(order_date) FILTER (WHERE active_days > 0) AS last_order_date,
        SUM(orders) AS orders,
        SUM(net_sales) AS net_sales
    FROM totals_and_days
    CROSS JOIN (SELECT MIN(month_end) AS month_end FROM month_ends) AS first_end
    GROUP BY 1, 2, 3, 4
),
customer_month_ends AS (
    SELECT
        months.app_name,
        months.user_id,
        months.currency,
        month_ends.month_end,
        month_ends.is_compared,
        MAX(months.last_order_date) AS last_order_date,
        SUM(months.orders) AS orders,
        SUM(months.net_sales) AS net_sales
    FROM customer_months AS months
    INNER JOIN month_ends
        ON month_ends.month_end >= months.month
    GROUP BY months.app_name, months.user_id, months.currency, month_ends.month_end, month_ends.is_compared
    -- Refunds alone are not a customer.
    HAVING MAX(months.last_order_date) IS NOT NULL
),
cutoff_month_ends AS (
    -- For each month end the date of its cut-offs: the end of the quarter before, if the data has customers by then;
    -- otherwise the month end itself.
    SELECT
        ends.currency,
        ends.month_end,
        COALESCE(quarter_ends.month_end, ends.month_end) AS cutoff_month_end
    FROM (SELECT DISTINCT currency, month_end FROM customer_month_ends WHERE is_compared) AS ends
    LEFT JOIN (SELECT DISTINCT currency, month_end FROM customer_month_ends) AS quarter_ends
        ON quarter_ends.currency = ends.currency
        AND quarter_ends.month_end = DATE_ADD('day', -1, {{ rfm.cutoffs_frozen_on("ends.month_end") }})
),
cutoff_values AS (
    SELECT cutoff_month_ends.currency, cutoff_month_ends.cutoff_month_end, customers.net_sales
    FROM (SELECT DISTINCT currency, cutoff_month_end FROM cutoff_month_ends) AS cutoff_month_ends
    INNER JOIN customer_month_ends AS customers
        ON customers.currency = cutoff_month_ends.currency
        AND customers.month_end = cutoff_month_ends.cutoff_month_end
),
money_cutoffs AS (
    {{ rfm.money_cutoffs("cutoff_values", "currency, cutoff_month_end") }}
),
scores AS (
    SELECT
        customers.app_name,
        customers.user_id,
        customers.currency,
        customers.month_end,
        {{ rfm.r_score("DATE_DIFF('day', customers.last_order_date, customers.month_end)") }} AS r_score,
        {{ rfm.f_score("customers.orders") }} AS f_score,
        {{ rfm.m_score("customers.net_sales", "money_cutoffs") }} AS m_score
    FROM customer_month_ends AS customers
    INNER JOIN cutoff_month_ends
        ON cutoff_month_ends.currency = customers.currency
        AND cutoff_month_ends.month_end = customers.month_end
    INNER JOIN money_cutoffs
        ON money_cutoffs.currency = cutoff_month_ends.currency
        AND money_cutoffs.cutoff_month_end = cutoff_month_ends.cutoff_month_end
    WHERE customers.is_compared
),
segments AS (
    SELECT
        app_name,
        user_id,
        currency,
        month_end,
        CAST(
            {{ rfm.segment("r_score", "f_score", "m_score") }} AS VARCHAR
        ) AS segment
    FROM scores
),
moves AS (
    -- After the first order a customer has a segment at every month end, so LAG returns the segment of the month
    -- before.
    SELECT
        currency,
        month_end AS to_month_end,
        COALESCE(
            LAG(segment) OVER (PARTITION BY app_name, user_id, currency ORDER BY month_end), 'No order yet'
        ) AS from_segment,
        segment AS to_segment
    FROM segments
),
move_counts AS (
    SELECT currency, to_month_end, from_segment, to_segment, COUNT(*) AS customers
    FROM moves
    GROUP BY currency, to_month_end, from_segment, to_segment
),
pairs AS (
    SELECT
        currencies.currency,
        CAST(DATE_ADD('day', -1, DATE_TRUNC('month', month_ends.month_end)) AS DATE) AS from_month_end,
        month_ends.month_end AS to_month_end,
        origin.segment AS from_segment,
        target.segment AS to_segment
    FROM (SELECT DISTINCT currency FROM customer_months) AS currencies
    CROSS JOIN month_ends
    CROSS JOIN UNNEST(ARRAY['No order yet', '{{ rfm.segments | join("', '") }}']) AS origin (segment)
    CROSS JOIN UNNEST(ARRAY['{{ rfm.segments | join("', '") }}']) AS target (segment)
    WHERE month_ends.is_compared
        AND month_ends.month_end > (SELECT MIN(month_end) FROM month_ends WHERE is_compared)
),
transitions AS (
    SELECT
        pairs.currency,
        pairs.from_month_end,
        pairs.to_month_end,
        pairs.from_segment,
        pairs.to_segment,
        COALESCE(counts.customers, 0) AS customers,
        IF(
            pairs.from_segment <> 'No order yet',
            CAST(
                COALESCE(
                    SUM(counts.customers) OVER (
                        PARTITION BY pairs.currency, pairs.to_month_end, pairs.from_segment
                    ),
                    0
                ) AS BIGINT
            )
        ) AS from_customers
    FROM pairs
    LEFT JOIN move_counts AS counts
        ON counts.currency = pairs.currency
        AND counts.to_month_end = pairs.to_month_end
        AND counts.from_segment = pairs.from_segment
        AND counts.to_segment = pairs.to_segment
)
SELECT
    currency,
    from_month_end,
    to_month_end,
    CAST(from_segment AS VARCHAR) AS from_segment,
    CAST(to_segment AS VARCHAR) AS to_segment,
    customers,
    from_customers,
    CAST(customers AS DOUBLE) / NULLIF(from_customers, 0) AS transition_rate,
    IF(from_customers > 0, WILSON_INTERVAL_LOWER(customers, from_customers, 1.96E0)) AS transition_rate_low,
    IF(from_customers > 0, WILSON_INTERVAL_UPPER(customers, from_customers, 1.96E0)) AS transition_rate_high,
    CAST(
        CASE
            WHEN from_customers IS NULL THEN 'not_supported'
            WHEN from_customers = 0 THEN 'insufficient_data'
            ELSE 'estimated'
        END AS VARCHAR
    ) AS transition_status,
    {{ as_of_date }} AS as_of_date
FROM transitions
