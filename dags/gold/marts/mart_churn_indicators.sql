-- about: Customers who may have left: the days without an order compared with their usual gap, the probability of another order, and the value at risk.
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
--   days_since_first_order: days from the first order to the as-of date
--   days_since_last_order: days from the latest order to the as-of date
--   orders: orders to date
--   active_days: days with an order
--   mean_gap_days: mean number of days between days with an order (days_first_to_last_order / repeat_active_days); null for one active day
--   longest_gap_days: longest gap between two days with an order, in days; null for one active day
--   days_since_last_order_per_mean_gap: days_since_last_order / mean_gap_days; null for one active day
--   orders_last_90d: orders in the 90 days that end with the as-of date
--   orders_previous_90d: orders in the 90 days before the last 90 days
--   orders_change_90d: orders_last_90d - orders_previous_90d
--   orders_change_rate_90d: orders_change_90d / orders_previous_90d; null without earlier orders
--   net_sales: gross sales less discounts and refunds, to date
--   net_sales_last_90d: net sales in the 90 days that end with the as-of date
--   net_sales_previous_90d: net sales in the 90 days before the last 90 days
--   reference_rule_45_days_inactive: true after more than 45 days without an order: the usual fixed rule, for comparison only; it is not a churn status
--   median_gap_days: number of days after the latest order within which a customer who has not left orders again with a probability of 50 %; null if the model estimates only rates
--   overdue_p: probability that a customer who has not left would have ordered again by now; null like median_gap_days
--   p_alive: probability that the customer has not left for good; null where p_alive_status is not estimated
--   p_alive_status: estimated, not_estimated (the model does not estimate who has left) or insufficient_data (no model)
--   p_order_90: probability of at least one order in the next 90 days
--   churn_threshold: a customer with p_order_90 below this value is called churned; it is chosen on an early back-test and tested on later ones (churn_backtests)
--   churn_status: new (first order in the last 30 days), else churned (p_order_90 below churn_threshold), else at_risk (overdue_p of 0.8 or more; never where overdue_p is null), else active; null where churn_threshold_status is not backtested
--   value_at_risk: net sales of the next 365 days that may be lost because the customer may have left: the expected value of a customer who has not left, less expected_value_365; null for a churned customer, whose value is lost already, and where p_alive is null
--   churn_threshold_status: backtested or insufficient_data
--   churn_threshold_reason: how the threshold was chosen, or why there is none
--   model: model that predicts days with orders: mbg_nbd, geometric_nbd, nbd, credibility_rate or naive_rate; null without one
--   model_status: status of the probabilities and expected days: validated, not_validated (back-tests do not support the figures, or there is too little history for them) or insufficient_data (no figures)
--   model_reason: why this model is used, and why the models that are tried before it are not
--   value_status: status of value_at_risk, by back-tests over 365 days; values as in model_status
--   value_reason: why value_status has its value
--   model_version: version of the fitted model, see model_registry
--   as_of_date: last day that is counted
WITH predictions AS (
    SELECT *
    FROM {{ database }}.gold_customer_predictions
    WHERE as_of_date = {{ as_of_date }}
),
customers AS (
    SELECT
        facts.*,
        predictions.median_gap_days,
        predictions.overdue_p,
        predictions.p_alive,
        predictions.p_alive_status,
        predictions.p_order_90,
        predictions.expected_value_365,
        predictions.churn_threshold,
        predictions.churn_threshold_status,
        predictions.churn_threshold_reason,
        predictions.model,
        predictions.model_status,
        predictions.model_reason,
        predictions.value_status,
        predictions.value_reason,
        predictions.model_version,
        CASE
            WHEN predictions.churn_threshold IS NULL THEN NULL
            WHEN facts.days_since_first_order <= 30 THEN 'new'
            WHEN predictions.p_order_90 < predictions.churn_threshold THEN 'churned'
            WHEN predictions.overdue_p >= 0.8 THEN 'at_risk'
            ELSE 'active'
        END AS churn_status
    FROM {{ database }}.gold_customer_facts AS facts
    LEFT JOIN predictions
        ON predictions.app_name = facts.app_name
        AND predictions.user_id = facts.user_id
        AND predictions.currency = facts.currency
    WHERE facts.as_of_date = {{ as_of_date }}
)
SELECT
    app_name,
    user_id,
    currency,
    first_order_date,
    last_order_date,
    days_since_first_order,
    days_since_last_order,
    orders,
    active_days,
    mean_gap_days,
    longest_gap_days,
    days_since_last_order / NULLIF(mean_gap_days, 0) AS days_since_last_order_per_mean_gap,
    orders_last_90d,
    orders_previous_90d,
    orders_last_90d - orders_previous_90d AS orders_change_90d,
    CAST(orders_last_90d - orders_previous_90d AS DOUBLE)
        / NULLIF(orders_previous_90d, 0) AS orders_change_rate_90d,
    CAST(net_sales AS DECIMAL(18, 2)) AS net_sales,
    CAST(net_sales_last_90d AS DECIMAL(18, 2)) AS net_sales_last_90d,
    CAST(net_sales_previous_90d AS DECIMAL(18, 2)) AS net_sales_previous_90d,
    days_since_last_order > 45 AS reference_rule_45_days_inactive,
    median_gap_days,
    overdue_p,
    p_alive,
    COALESCE(p_alive_status, 'not_scored') AS p_alive_status,
    p_order_90,
    churn_threshold,
    churn_status,
    CASE
        WHEN churn_status = 'churned' THEN NULL
        ELSE expected_value_365 * (1 - p_alive) / NULLIF(p_alive, 0)
    END AS value_at_risk,
    COALESCE(churn_threshold_status, 'not_scored') AS churn_threshold_status,
    churn_threshold_reason,
    model,
    COALESCE(model_status, 'not_scored') AS model_status,
    model_reason,
    COALESCE(value_status, 'not_scored') AS value_status,
    value_reason,
    model_version,
    as_of_date
FROM customers
