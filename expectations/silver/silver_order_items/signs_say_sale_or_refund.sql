WITH built AS (
    SELECT source_id, item_price, item_quantity, item_amount, is_refund
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE item_quantity = 0
    OR is_refund <> (item_quantity < 0)
    OR is_refund AND item_amount > 0
    OR NOT is_refund AND item_amount < 0
