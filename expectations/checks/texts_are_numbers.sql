-- about: Rows with a text where a number belongs.
-- arguments:
--   columns (columns): columns of text that hold numbers
WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT {{ (key + columns) | unique | join(", ") }}
FROM built
WHERE TRY_CAST({{ columns | join(" AS DOUBLE) IS NULL OR TRY_CAST(") }} AS DOUBLE) IS NULL
