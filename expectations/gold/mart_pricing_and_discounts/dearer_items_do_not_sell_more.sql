WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    level,
    item_category,
    currency,
    elasticity_events,
    elasticity_low,
    elasticity,
    elasticity_high
FROM built
WHERE elasticity_low > 0
