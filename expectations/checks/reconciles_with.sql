-- about: Groups whose totals differ between the build and a published table.
-- fix: data engineer: the build and {{ table }} disagree, so one of them is of another run: clear the task that built the table; if it stays, fix the SQL
-- arguments:
--   table (table): the published table that the build is compared with
--   on (columns): the totals are compared for each combination of these columns' values
--   totals (totals): what is compared: an aggregate by name, or one for each side as {"built": …, "published": …}
--   built_where (SQL, optional): the rows of the build that are compared; else all
--   where (SQL of table, optional): the rows of the published table that are compared; else all
--   table_columns (SQL of table by column, optional): how the published table says a column of `on`, where it says it differently
--   within (column, optional): a column of `on`: of the published table only those of its values count that the build holds
--   each (values, optional): a column of `on` that the published table lacks: each of its values must hold all published rows
--   tolerances (limits, optional): by total, the largest difference that is accepted; else 0; built_rows is the number of rows
WITH built AS (
    SELECT
{% for name in on %}
        {{ name }},
{% endfor %}
{% for name, total in totals.items() %}
        {{ total.built if total is mapping else total }} AS {{ name }},
{% endfor %}
        COUNT(*) AS built_rows
    FROM {{ batch }}
{% if built_where %}
    WHERE {{ built_where }}
{% endif %}
    GROUP BY {{ on | join(", ") }}
),
compared AS (
    SELECT
{% for name in on %}
        {{ "repeated." ~ name if name in (each or {}) else (table_columns or {}).get(name, name) ~ " AS " ~ name }},
{% endfor %}
{% for name, total in totals.items() %}
        -({{ total.published if total is mapping else total }}) AS {{ name }},
{% endfor %}
        0 AS built_rows
    FROM {{ published }}.{{ table }}
{% for name, values in (each or {}).items() %}
    CROSS JOIN UNNEST(ARRAY[{{ values | sql_list }}]) AS repeated ({{ name }})
{% endfor %}
    WHERE {{ where or "TRUE" }}
{% if within %}
        AND {{ (table_columns or {}).get(within, within) }} IN (SELECT {{ within }} FROM built)
{% endif %}
    GROUP BY {{ range(1, (on | length) + 1) | join(", ") }}
),
differences AS (
    SELECT
{% for name in on %}
        {{ name }},
{% endfor %}
{% for name in totals %}
        SUM({{ name }}) AS {{ name }}_difference,
{% endfor %}
        SUM(built_rows) AS built_rows
    FROM (
        SELECT *
        FROM built
        UNION ALL
        SELECT *
        FROM compared
    ) AS both_sides
    GROUP BY {{ on | join(", ") }}
)
SELECT *
FROM differences
WHERE
{% for name in totals %}
    {{ "OR " if not loop.first }}ABS({{ name }}_difference) > {{ (tolerances or {}).get(name, 0) }}
{% endfor %}
