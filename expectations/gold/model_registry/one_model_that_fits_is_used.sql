WITH built AS (
    SELECT COUNT_IF(is_used) AS used, COUNT_IF(fit_status = 'fitted') AS fitted
    FROM {{ batch }}
    WHERE model <> 'buhlmann'
)
SELECT used, fitted
FROM built
WHERE used <> IF(fitted > 0, 1, 0)
