{#- Customer days from the cut-off date to the process date, as published: closed quarters from their files, the current
    quarter from its days. Import it `with context`. `columns` and `condition` are SQL on columns that both have. -#}
{% macro since_cutoff(columns, condition = "TRUE") -%}
SELECT {{ columns }}
    FROM {{ published }}.gold_customer_day_by_quarter
    WHERE quarter >= {{ cutoff_date }}
        AND quarter < DATE_TRUNC('quarter', {{ process_date }})
        AND {{ condition }}
    UNION ALL
    SELECT {{ columns }}
    FROM {{ published }}.gold_customer_day
    WHERE order_date BETWEEN DATE_TRUNC('quarter', {{ process_date }}) AND {{ process_date }}
        AND {{ condition }}
{%- endmacro %}
