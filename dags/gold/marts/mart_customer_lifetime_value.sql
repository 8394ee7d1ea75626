-- about: The value of each customer so far, the expected value, and the rank.
-- grain: app_name x user_id x currency x as_of_date
-- partition: as_of_date
-- reads: gold_customer_facts, gold_customer_predictions
-- denominator: guests out
-- columns:
--   app_name: ordering channel; together with user_id it identifies a customer
--   user_id: user id within the channel; together with app_name it identifies a customer
--   currency: currency of all amounts in the row
--   first_order_date: first day with an order
--   last_order_date: latest day with an order
--   days_since_last_order: days from the latest order to the as-of date
--   orders: orders to date
--   items: units bought to date, before refunds
--   gross_sales: gross sales to date: item amounts plus positive option amounts, before discounts
--   discount_amount: discounts to date (negative options), as a positive amount
--   refund_amount: refunds to date (negative lines, and options taken back), as a positive amount
--   net_sales: historical value: gross sales less discounts and refunds to date (revenue, not margin)
--   options_revenue: the part of gross sales to date that comes from paid options
--   aov: net sales per order
--   active_days: days with an order
--   net_sales_per_active_day: net sales per day with an order
--   repeat_active_days: days with an order after the first one (active_days - 1)
--   days_first_to_last_order: days from the first to the latest order
--   days_since_first_order: days from the first order to the as-of date
--   mean_gap_days: mean number of days between days with an order (days_first_to_last_order / repeat_active_days); null for one active day
--   longest_gap_days: longest gap between two days with an order, in days; null for one active day
--   orders_last_30d: orders in the 30 days that end with the as-of date
--   orders_last_90d: orders in the 90 days that end with the as-of date
--   orders_last_365d: orders in the 365 days that end with the as-of date
--   net_sales_last_30d: net sales in the 30 days that end with the as-of date
--   net_sales_last_90d: net sales in the 90 days that end with the as-of date
--   net_sales_last_365d: net sales in the 365 days that end with the as-of date
--   net_sales_share: share of the net sales of all customers in the currency
--   net_sales_rank: rank by net sales within the currency, 1 for the most; equal amounts share a rank
--   p_alive: probability that the customer has not left for good; null where p_alive_status is not estimated
--   p_alive_status: estimated, not_estimated (the model does not estimate who has left) or insufficient_data (no model)
--   p_order_30: probability of at least one order in the next 30 days
--   p_order_90: probability of at least one order in the next 90 days
--   p_order_365: probability of at least one order in the next 365 days
--   expected_days_30: expected number of days with an order in the next 30 days
--   expected_days_90: expected number of days with an order in the next 90 days
--   expected_days_365: expected number of days with an order in the next 365 days
--   value_per_day: expected net sales of a day with an order: a weighted mean of the customer's own mean and the mean of all customers
--   expected_value_30: expected net sales of the next 30 days
--   expected_value_90: expected net sales of the next 90 days
--   expected_value_365: expected net sales of the next 365 days (revenue, not margin)
--   discounted_value_365: present value of expected_value_365, at the setting annual_discount_rate
--   expected_margin_365: discounted_value_365 times the setting margin_rate; null when margin_rate is not set
--   value_365_p10: net sales that nine in ten customers with a similar expectation exceeded in a past year; see value_interval_status
--   value_365_p90: net sales that one in ten of these customers exceeded
--   ltv_decile: 10 for the tenth of customers with the highest expected_value_365, 1 for the lowest; equal values share a decile
--   ltv_cutoffs_frozen_on: the limits between the deciles come from the customers before this date (the start of the quarter); without customers before it, from those up to the as-of date
--   model: model that predicts days with orders: mbg_nbd, geometric_nbd, nbd, credibility_rate or naive_rate; null without one
--   model_status: status of the probabilities and expected days: validated, not_validated (back-tests do not support the figures, or there is too little history for them) or insufficient_data (no figures)
--   model_reason: why this model is used, and why the models that are tried before it are not
--   value_status: status of the expected values and the decile, by back-tests over 365 days; values as in model_status
--   value_reason: why value_status has its value
--   value_interval_status: status of value_365_p10 and value_365_p90: backtested or insufficient_data
--   model_version: version of the fitted model, see model_registry
--   as_of_date: last day that is counted
WITH predictions AS (
    SELECT *
    FROM {{ database }}.gold_customer_predictions
    WHERE as_of_date = {{ as_of_date }}
)
SELECT
    facts.app_name,
    facts.user_id,
    facts.currency,
    facts.first_order_date,
    facts.last_order_date,
    facts.days_since_last_order,
    facts.orders,
    facts.items,
    CAST(facts.gross_sales AS DECIMAL(18, 2)) AS gross_sales,
    CAST(facts.discount_amount AS DECIMAL(18, 2)) AS discount_amount,
    CAST(facts.refund_amount AS DECIMAL(18, 2)) AS refund_amount,
    CAST(facts.net_sales AS DECIMAL(18, 2)) AS net_sales,
    CAST(facts.options_revenue AS DECIMAL(18, 2)) AS options_revenue,
    CAST(facts.net_sales AS DOUBLE) / NULLIF(facts.orders, 0) AS aov,
    facts.active_days,
    CAST(facts.net_sales AS DOUBLE) / facts.active_days AS net_sales_per_active_day,
    facts.repeat_active_days,
    facts.days_first_to_last_order,
    facts.days_since_first_order,
    facts.mean_gap_days,
    facts.longest_gap_days,
    facts.orders_last_30d,
    facts.orders_last_90d,
    facts.orders_last_365d,
    CAST(facts.net_sales_last_30d AS DECIMAL(18, 2)) AS net_sales_last_30d,
    CAST(facts.net_sales_last_90d AS DECIMAL(18, 2)) AS net_sales_last_90d,
    CAST(facts.net_sales_last_365d AS DECIMAL(18, 2)) AS net_sales_last_365d,
    CAST(facts.net_sales AS DOUBLE)
        / NULLIF(CAST(SUM(facts.net_sales) OVER (PARTITION BY facts.currency) AS DOUBLE), 0) AS net_sales_share,
    RANK() OVER (PARTITION BY facts.currency ORDER BY facts.net_sales DESC) AS net_sales_rank,
    predictions.p_alive,
    COALESCE(predictions.p_alive_status, 'not_scored') AS p_alive_status,
    predictions.p_order_30,
    predictions.p_order_90,
    predictions.p_order_365,
    predictions.expected_days_30,
    predictions.expected_days_90,
    predictions.expected_days_365,
    predictions.value_per_day,
    predictions.expected_value_30,
    predictions.expected_value_90,
    predictions.expected_value_365,
    predictions.discounted_value_365,
    predictions.expected_margin_365,
    predictions.value_365_p10,
    predictions.value_365_p90,
    predictions.ltv_decile,
    predictions.ltv_cutoffs_frozen_on,
    predictions.model,
    COALESCE(predictions.model_status, 'not_scored') AS model_status,
    predictions.model_reason,
    COALESCE(predictions.value_status, 'not_scored') AS value_status,
    predictions.value_reason,
    COALESCE(predictions.value_interval_status, 'not_scored') AS value_interval_status,
    predictions.model_version,
    facts.as_of_date
FROM {{ database }}.gold_customer_facts AS facts
LEFT JOIN predictions
    ON predictions.app_name = facts.app_name
    AND predictions.user_id = facts.user_id
    AND predictions.currency = facts.currency
WHERE facts.as_of_date = {{ as_of_date }}
