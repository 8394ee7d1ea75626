WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    restaurant_id,
    order_date,
    orders,
    discounted_orders,
    full_price_orders,
    discount_amount,
    no_discounts_observed
FROM built
WHERE orders <> discounted_orders + full_price_orders
    OR no_discounts_observed AND (discounted_orders > 0 OR discount_amount <> 0)
