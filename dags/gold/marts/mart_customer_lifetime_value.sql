-- about: What each customer has been worth so far, what they are expected to bring, and where they rank.
-- grain: app_name x user_id x currency x as_of_date
-- partition: as_of_date
-- reads: gold_customer_facts, gold_customer_predictions
-- denominator: guests out
-- columns:
--   app_name: the ordering channel, half of the customer key
--   user_id: the user within the channel, the other half of the customer key
--   currency: currency of every amount in the row
--   first_order_date: first day with an order
--   last_order_date: latest day with an order
--   days_since_last_order: days from the latest order to the as-of date
--   orders: orders to date
--   items: units bought to date
--   gross_sales: gross sales to date
--   discount_amount: discounts to date, as a positive amount
--   refund_amount: refunds to date, as a positive amount
--   net_sales: historical value: net sales to date, less discounts and refunds (revenue, not margin)
--   options_revenue: options revenue to date
--   aov: net sales per order
--   active_days: days with an order
--   net_sales_per_active_day: net sales per day with an order
--   repeat_active_days: active days after the first
--   days_first_to_last_order: days from the first to the latest order
--   days_since_first_order: days from the first order to the as-of date
--   mean_gap_days: mean days between active days; null for one active day
--   longest_gap_days: longest stretch between two active days; null for one active day
--   orders_last_30d: orders in the 30 days that end with the as-of date
--   orders_last_90d: orders in the last 90 days
--   orders_last_365d: orders in the last 365 days
--   net_sales_last_30d: net sales in the last 30 days
--   net_sales_last_90d: net sales in the last 90 days
--   net_sales_last_365d: net sales in the last 365 days
--   net_sales_share: the customer's part of all customers' net sales in the currency
--   net_sales_rank: 1 for the most net sales in the currency; equal amounts share a rank
--   p_alive: probability that the customer has not left for good; null where p_alive_status is not estimated
--   p_alive_status: estimated, not_estimated (the model in use does not ask who has left) or insufficient_data (no model)
--   p_order_30: probability of at least one order in the next 30 days
--   p_order_90: probability of at least one order in the next 90 days
--   p_order_365: probability of at least one order in the next 365 days
--   expected_days_30: expected days with an order in the next 30
--   expected_days_90: expected days with an order in the next 90
--   expected_days_365: expected days with an order in the next 365
--   value_per_day: expected net sales of a day with an order: the customer's own mean, drawn to everybody's
--   expected_value_30: expected net sales of the next 30 days
--   expected_value_90: expected net sales of the next 90 days
--   expected_value_365: expected net sales of the next 365 days: revenue, not margin, and never beyond the year
--   discounted_value_365: the same in present value, at the setting annual_discount_rate
--   expected_margin_365: discounted_value_365 times the setting margin_rate; null where that is not set
--   value_365_p10: what nine in ten customers of like expectation exceeded in a past year; see value_interval_status
--   value_365_p90: what one in ten of them exceeded
--   ltv_decile: 10 for the highest expected_value_365, 1 for the lowest; equal values share a decile
--   ltv_cutoffs_frozen_on: the cut-offs are those of all customers before this date (start of the quarter), or of the as-of date
--   model: the model of order days in use: mbg_nbd, geometric_nbd, nbd, credibility_rate or naive_rate; null without one
--   model_status: of the probabilities and expected days: validated, not_validated (figures that back-tests do not bear out, or too short a past to tell) or insufficient_data (no figures)
--   model_reason: why this model is used, and none that is tried before it, in words
--   value_status: the same of the expected values and the decile, by back-tests over 365 days
--   value_reason: why value_status is what it is, in words
--   value_interval_status: of value_365_p10 and _p90: backtested or insufficient_data
--   model_version: the fit behind the predictions, see model_registry
--   as_of_date: the last day counted
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
