-- about: Rows where a total is not the sum of its parts.
-- arguments:
--   total (column): the total
--   parts (terms): the parts; one with a minus is taken away
WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT {{ (key + [total] + (parts | columns_in)) | unique | join(", ") }}
FROM built
WHERE {{ total }} <> {{ parts | join(" + ") | replace("+ -", "- ") }}
