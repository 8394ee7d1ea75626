-- about: A table in which no row fits a condition.
-- arguments:
--   condition (SQL): what at least one row must fit
--   where (SQL, optional): the rows that count; a table without any passes
WITH built AS (
    SELECT COUNT(*) AS row_count, COUNT_IF({{ condition }}) AS fitting_rows
    FROM {{ batch }}
{% if where %}
    WHERE {{ where }}
{% endif %}
)
SELECT *
FROM built
WHERE row_count > 0
    AND fitting_rows = 0
