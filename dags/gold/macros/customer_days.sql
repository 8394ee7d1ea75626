{#- Every day of every customer up to the as-of date: closed quarters from their few files, the quarter of the as-of
    date from its days. `columns` are those of gold_customer_history, as SQL. -#}
{% macro up_to(database, as_of_date, columns) -%}
SELECT {{ columns }}
    FROM {{ database }}.gold_customer_history
    WHERE quarter < DATE_TRUNC('quarter', {{ as_of_date }})
    UNION ALL
    SELECT {{ columns }}
    FROM {{ database }}.gold_customer_day
    WHERE order_date >= DATE_TRUNC('quarter', {{ as_of_date }})
        AND order_date <= {{ as_of_date }}
{%- endmacro %}
