WITH built AS (
    SELECT currency, level, period_type, SUM(net_sales) AS net_sales, COUNT(*) AS cells
    FROM {{ batch }}
    GROUP BY 1, 2, 3
),
ranges AS (
    SELECT currency, MAX(net_sales) - MIN(net_sales) AS difference, MAX(cells) AS cells
    FROM built
    GROUP BY currency
)
SELECT *
FROM ranges
WHERE difference > 0.005 * cells
