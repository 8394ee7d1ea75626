-- about: Rows where a value is above the next one of its list.
-- arguments:
--   chains (chains): lists of columns, or of sums of columns; each entry is at most the next
--   slack (number, optional): by how much it may be above it, for figures that are rounded
WITH built AS (
    SELECT *
    FROM {{ batch }}
)
SELECT {{ (key + (chains | columns_in)) | unique | join(", ") }}
FROM built
WHERE
{% for chain in chains %}
{% set first_chain = loop.first %}
{% for entry in chain[1:] %}
    {{ "OR " if not (first_chain and loop.first) }}{{ chain[loop.index0] }} > {{ entry }}{{ " + %f" % slack if slack }}
{% endfor %}
{% endfor %}
