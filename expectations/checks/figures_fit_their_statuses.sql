-- about: Rows with a figure whose status says that there is none, or without a figure that the status promises.
-- arguments:
--   figures (statuses): by figure, the column with its status, and the statuses with which the figure is there
WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT {{ (key + (figures | list) + (figures.values() | map("list") | sum(start=[]))) | unique | join(", ") }}
FROM built
WHERE
{% for figure, statuses in figures.items() %}
{% set first_figure = loop.first %}
{% for status, values in statuses.items() %}
    {{ "OR " if not first_figure -}}
    ({{ figure }} IS NOT NULL) <> COALESCE({{ status }} IN ({{ values | sql_list }}), FALSE)
{% endfor %}
{% endfor %}
