WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    app_name,
    user_id,
    currency,
    churn_status,
    p_order_90,
    churn_threshold,
    days_since_first_order
FROM built
WHERE (churn_status IS NULL) <> (churn_threshold_status <> 'backtested')
    OR (churn_status = 'churned') <> (p_order_90 < churn_threshold AND days_since_first_order > 30)
    OR (churn_status = 'new') <> (days_since_first_order <= 30)
