-- about: Rows whose date lies outside the period that they are stored under.
-- arguments:
--   column (column): the date
--   period (column): the column with the first day of the period; its name, year or quarter, is also the period's length
WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT {{ (key + [column, period]) | unique | join(", ") }}
FROM built
WHERE DATE_TRUNC('{{ period }}', {{ column }}) <> {{ period }}
