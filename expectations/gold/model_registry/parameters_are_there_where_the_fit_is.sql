WITH built AS (
    SELECT *, CASE WHEN fit_status = 'fitted' THEN TRUE END AS is_fitted
    FROM {{ batch }}
)
SELECT model, currency, fit_status, r, alpha, a, b, p, rate, mu
FROM built
WHERE model = 'mbg_nbd'
        AND (r > 0 AND alpha > 0 AND a > 0 AND b > 0) IS DISTINCT FROM is_fitted
    OR model = 'geometric_nbd' AND (r > 0 AND alpha > 0 AND p > 0 AND p < 1) IS DISTINCT FROM is_fitted
    OR model = 'nbd' AND (r > 0 AND alpha > 0) IS DISTINCT FROM is_fitted
    OR model = 'credibility_rate' AND (rate > 0) IS DISTINCT FROM is_fitted
    OR model = 'buhlmann' AND (mu IS NULL) <> (fit_status <> 'fitted')
