-- about: Rows with a null in a column of the grain.
-- why: part of the grain: a row that is not named is lost in every join
-- arguments:
--   columns (columns): the grain, and the partition
WITH built AS (
    SELECT {{ columns | join(", ") }}
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE {{ columns | join(" IS NULL OR ") }} IS NULL
