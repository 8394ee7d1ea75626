WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT origin_date, method
FROM built
WHERE method = 'model_at_threshold'
    AND is_threshold_origin
