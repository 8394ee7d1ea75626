-- about: Rankings whose first rank is not 1.
-- arguments:
--   ranks (columns): the ranks
--   by (columns): there is one ranking for each combination of these columns' values
WITH built AS (
    SELECT
{% for name in by %}
        {{ name }},
{% endfor %}
{% for rank in ranks %}
        MIN({{ rank }}) AS first_{{ rank }}{{ "," if not loop.last }}
{% endfor %}
    FROM {{ batch }}
    GROUP BY {{ by | join(", ") }}
)
SELECT *
FROM built
WHERE first_{{ ranks | join(" <> 1 OR first_") }} <> 1
