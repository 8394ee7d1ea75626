WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT level, restaurant_id, item_category, elasticity_status, elasticity_events
FROM built
WHERE elasticity_status = 'estimated'
    AND elasticity_events < 100
