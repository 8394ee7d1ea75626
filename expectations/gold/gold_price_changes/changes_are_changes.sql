WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    restaurant_id,
    item_key,
    last_week_at_old_price,
    change_week,
    old_unit_price,
    new_unit_price,
    price_change
FROM built
WHERE last_week_at_old_price >= change_week
    OR change_week > {{ process_date }}
    OR old_unit_price <= 0
    OR new_unit_price <= 0
    OR ABS(price_change) < 0.0099
    OR (new_unit_price > old_unit_price) <> (price_change > 0)
