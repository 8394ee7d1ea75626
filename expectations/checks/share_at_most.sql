-- about: A part that is too large a share of the whole.
-- arguments:
--   part (SQL): the part, an aggregate
--   whole (SQL): the whole, an aggregate
--   at_most (number): the largest share that is accepted, 0 to 1
--   by (columns, optional): judged for each combination of these columns' values; else for the whole table
--   where (SQL, optional): the rows that count; else all
--   least (number, optional): the smallest whole that is judged
WITH built AS (
    SELECT
{% for name in by or [] %}
        {{ name }},
{% endfor %}
        {{ part }} AS part,
        {{ whole }} AS whole
    FROM {{ batch }}
{% if where %}
    WHERE {{ where }}
{% endif %}
{% if by %}
    GROUP BY {{ by | join(", ") }}
{% endif %}
)
SELECT *, CAST(part AS DOUBLE) / NULLIF(CAST(whole AS DOUBLE), 0) AS share
FROM built
WHERE part > {{ at_most }} * whole
    AND whole >= {{ least or 0 }}
