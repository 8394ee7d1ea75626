WITH built AS (
    SELECT
        source_id,
        item_amount,
        options_revenue,
        gross_sales,
        discount_amount,
        refund_amount,
        net_sales,
        is_refund
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE gross_sales <> IF(is_refund, 0, item_amount + options_revenue)
    OR net_sales <> gross_sales - discount_amount - refund_amount
