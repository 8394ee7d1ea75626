-- about: Loyal customers and other customers in each month and year of closed years, and how many of them ordered again in the next period.
-- grain: currency x period_type x period_start x is_loyal x year
-- partition: year
-- reads: gold_customer_day_by_quarter
-- denominator: guests out
-- renamed from: gold_closed_loyalty_customers
-- columns:
--   currency: currency of all amounts in the row
--   period_type: month or year
--   period_start: first day of the period
--   is_loyal: true for customers with a loyalty order in the period, false for the others
--   customers: different customers (app_name, user_id) who ordered; guests out
--   orders: orders of these customers
--   net_sales: gross sales less discounts and refunds, including those of customers with refunds only
--   active_days: days with an order, summed over the customers
--   repeat_customers: customers with two or more orders in the period
--   returning_customers: customers who also ordered in the next month or year
--   year: first day of the year; a year is closed when the year after it is over, because returning_customers needs that year
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
