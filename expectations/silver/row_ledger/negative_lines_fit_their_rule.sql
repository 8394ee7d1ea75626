WITH built AS (
    SELECT negative_lines_rule, negative_lines, negative_lines_explained
    FROM {{ batch }}
    WHERE source_table = 'order_items'
)
SELECT
    *,
    negative_lines > 0
        AND negative_lines_rule <> IF(2 * negative_lines_explained >= negative_lines, 'refund', 'quarantine')
        AS contradicts_rule
FROM built
