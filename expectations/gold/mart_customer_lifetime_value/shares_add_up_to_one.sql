WITH built AS (
    SELECT currency, SUM(net_sales_share) AS share, SUM(net_sales) AS net_sales
    FROM {{ batch }}
    GROUP BY currency
)
SELECT *
FROM built
WHERE ABS(share - 1) > 0.000001
    AND net_sales <> 0
