-- about: Rows with a null in a column of the grain.
-- why: part of the grain or the partition: a row without it is lost in joins and filters
-- arguments:
--   columns (columns): the grain, and the partition
WITH built AS (
    SELECT {{ columns | join(", ") }}
    FROM {{ batch }}
)
SELECT *
FROM built
WHERE {{ columns | join(" IS NULL OR ") }} IS NULL
