WITH built AS (
    SELECT currency, order_date, net_sales
    FROM {{ batch }}
),
order_lines AS (
    SELECT
        currency,
        order_date,
        -net_sales AS net_sales,
        FIRST_VALUE(user_id) OVER (
            PARTITION BY order_id, order_date ORDER BY is_refund, created_at, lineitem_id
        ) AS order_user_id
    FROM {{ published }}.silver_order_items
    WHERE NOT is_test
        AND order_date IN (SELECT order_date FROM built)
)
SELECT currency, order_date, SUM(net_sales) AS net_sales_difference
FROM (
    SELECT *
    FROM built
    UNION ALL
    SELECT currency, order_date, net_sales
    FROM order_lines
    WHERE order_user_id IS NOT NULL
) AS both_sides
GROUP BY currency, order_date
HAVING SUM(net_sales) <> 0
