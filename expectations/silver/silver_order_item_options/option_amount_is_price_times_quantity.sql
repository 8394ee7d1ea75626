WITH built AS (
    SELECT source_id, option_price, option_quantity, option_amount
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE option_amount <> option_price * option_quantity
