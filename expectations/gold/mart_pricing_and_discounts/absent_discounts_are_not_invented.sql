WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT level, restaurant_id, item_key, discount_amount, discounted_orders, discounted_aov
FROM built
WHERE discount_status = 'no_discounts_observed'
    AND (discount_amount <> 0 OR discounted_orders <> 0 OR discounted_aov IS NOT NULL)
