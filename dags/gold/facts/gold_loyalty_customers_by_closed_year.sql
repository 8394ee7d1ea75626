-- about: Loyal customers beside the others in each month and in each year that is closed, with who came back in the next one.
-- grain: currency x period_type x period_start x is_loyal x year
-- partition: year
-- reads: gold_customer_day_by_quarter
-- denominator: guests out
-- renamed from: gold_closed_loyalty_customers
-- columns:
--   currency: currency of every amount in the row
--   period_type: month or year
--   period_start: first day of the period
--   is_loyal: whether these are the customers with a loyalty order in the period, or the others
--   customers: different customers (app_name, user_id) who ordered
--   orders: their orders
--   net_sales: gross less discounts and refunds of these, and of who had refunds only
--   active_days: days with an order, added up over the customers
--   repeat_customers: those with two orders or more in the period
--   returning_customers: those who ordered in the next month, or year, too
--   year: first day of the year; closed once the year after it is over, since it tells who came back
{% import 'macros/customer_periods.sql' as customer_periods %}
WITH days AS (
    SELECT {{ customer_periods.loyalty_columns }}
    FROM {{ database }}.gold_customer_day_by_quarter
    WHERE DATE_TRUNC('year', quarter) IN ({{ years }})
        OR DATE_ADD('year', -1, DATE_TRUNC('year', quarter)) IN ({{ years }})
),
days_by_period AS (
    {{ customer_periods.periods_of("days") }}
),
counts AS (
    {{ customer_periods.loyalty_counts("days_by_period") }}
)
SELECT
    currency,
    CAST(period_type AS VARCHAR) AS period_type,
    period_start,
    is_loyal,
    customers,
    CAST(orders AS BIGINT) AS orders,
    CAST(net_sales AS DECIMAL(18, 4)) AS net_sales,
    CAST(active_days AS BIGINT) AS active_days,
    repeat_customers,
    returning_customers,
    CAST(DATE_TRUNC('year', period_start) AS DATE) AS year
FROM counts
WHERE DATE_TRUNC('year', period_start) IN ({{ years }})
