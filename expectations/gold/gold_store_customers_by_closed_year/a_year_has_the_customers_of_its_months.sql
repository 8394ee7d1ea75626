WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT
    restaurant_id,
    currency,
    year,
    MAX(customers) FILTER (WHERE period_type = 'year') AS customers,
    SUM(customers) FILTER (WHERE period_type = 'month') AS customers_of_months
FROM built
GROUP BY restaurant_id, currency, year
HAVING MAX(customers) FILTER (WHERE period_type = 'year') > SUM(customers) FILTER (WHERE period_type = 'month')
    OR MAX(customers) FILTER (WHERE period_type = 'year') < MAX(customers) FILTER (WHERE period_type = 'month')
    OR MIN(customers - repeat_customers) < 0
    OR COUNT(*) FILTER (WHERE period_type = 'year') <> 1
