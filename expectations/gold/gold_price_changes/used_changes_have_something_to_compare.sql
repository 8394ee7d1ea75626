WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    restaurant_id,
    item_key,
    change_week,
    use_status,
    items_before,
    items_after,
    siblings,
    sibling_items_before,
    sibling_items_after
FROM built
WHERE use_status = 'usable'
        AND NOT COALESCE(items_before + items_after > 0 AND siblings > 0 AND sibling_items_before >= 0, FALSE)
    OR items_before < 0
    OR items_after < 0
    OR sibling_items_after < 0
