-- about: Changes against a period with half or twice as many days with sales, or without the days beside it.
-- arguments:
--   changes (chains): lists of four columns: the change, the amount before, the days with sales, and those before
WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT {{ (key + (changes | columns_in)) | unique | join(", ") }}
FROM built
WHERE
{% for change, before, days, days_before in changes %}
    {{ "OR " if not loop.first }}({{ before }} IS NULL) <> ({{ days_before }} IS NULL)
    OR {{ change }} IS NOT NULL AND 2 * LEAST({{ days }}, {{ days_before }}) < GREATEST({{ days }}, {{ days_before }})
{% endfor %}
