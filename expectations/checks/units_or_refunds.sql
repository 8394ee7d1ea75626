-- about: Rows that hold nothing: no units and no refund, or amounts without units.
-- arguments:
--   units (column): what was sold, or the days with sales; never negative
--   refund (column): what was refunded
--   empty (columns): columns that are 0 where no units were sold
WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT {{ (key + [units, refund] + empty) | unique | join(", ") }}
FROM built
WHERE {{ units }} < 0
    OR {{ units }} = 0 AND ({{ empty | join(" <> 0 OR ") }} <> 0 OR {{ refund }} = 0)
