WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    currency,
    to_month_end,
    from_segment,
    MAX(from_customers) AS from_customers,
    SUM(customers) AS customers,
    SUM(transition_rate) AS rates,
    COUNT(*) AS pairs
FROM built
GROUP BY currency, to_month_end, from_segment
HAVING COUNT(*) <> 10
    OR ABS(SUM(transition_rate) - 1) > 0.000001
    OR MAX(from_customers) <> SUM(customers)
    OR MIN(transition_rate - transition_rate_low) < -0.000001
    OR MIN(transition_rate_high - transition_rate) < -0.000001
