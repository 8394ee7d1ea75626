-- about: Rows whose text is missing or has another form.
-- arguments:
--   column (column): the text
--   pattern (text): the regular expression that the whole text fits
WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT {{ (key + [column]) | unique | join(", ") }}
FROM built
WHERE NOT COALESCE(REGEXP_LIKE({{ column }}, '^' || {{ [pattern] | sql_list }} || '$'), FALSE)
