WITH built AS (
    SELECT COUNT_IF(model = 'mbg_nbd') AS purchase_models
    FROM {{ batch }}
)
SELECT purchase_models
FROM built
WHERE purchase_models <> 1
