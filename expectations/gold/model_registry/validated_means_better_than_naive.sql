WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT model, currency, status, backtest_origins, mae, naive_mae, bias
FROM built
WHERE status = 'validated'
    AND NOT COALESCE(backtest_origins >= 4 AND mae < naive_mae AND ABS(bias) <= 0.15, FALSE)
