-- about: The number of customers of each store in each month and year of closed years, so that a daily run counts only the open years.
-- grain: restaurant_id x currency x period_type x period_start x year
-- partition: year
-- reads: gold_customer_day_by_quarter
-- denominator: guests out
-- renamed from: gold_closed_store_customers
-- columns:
--   restaurant_id: id of the store
--   currency: currency of the orders
--   period_type: month or year
--   period_start: first day of the period
--   customers: different customers (app_name, user_id) who ordered at the store; guests out
--   repeat_customers: customers with two or more orders at the store in the period
--   year: first day of the year; a year is closed when the year after it is over
{% import 'macros/customer_periods.sql' as customer_periods %}
WITH days AS (
    SELECT {{ customer_periods.store_columns }}
    FROM {{ database }}.gold_customer_day_by_quarter
    WHERE DATE_TRUNC('year', quarter) IN ({{ years }})
),
days_by_period AS (
    {{ customer_periods.periods_of("days") }}
),
counts AS (
    {{ customer_periods.store_counts("days_by_period") }}
)
SELECT
    restaurant_id,
    currency,
    CAST(period_type AS VARCHAR) AS period_type,
    period_start,
    customers,
    repeat_customers,
    CAST(DATE_TRUNC('year', period_start) AS DATE) AS year
FROM counts
