-- about: Combinations of the grain's columns that several rows share.
-- why: the grain: a second row would be counted twice
-- arguments:
--   columns (columns): the grain; rows with a null in it are found by grain_has_no_nulls
WITH built AS (
    SELECT {{ columns | join(", ") }}, COUNT(*) AS copies
    FROM {{ batch }}
    WHERE {{ columns | join(" IS NOT NULL AND ") }} IS NOT NULL
    GROUP BY {{ columns | join(", ") }}
)
SELECT *
FROM built
WHERE copies > 1
