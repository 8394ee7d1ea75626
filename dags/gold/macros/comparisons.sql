{#- Two periods compared as wholes: mart_sales_trends and mart_location_performance import it. -#}

{#- The change of an amount against an earlier one, as a part of it. Null where that is not above zero, or where one of
    the two has fewer days with sales than the least share of the other's: the change would be the missing days. -#}
{% macro change(amount, amount_before, days, days_before) -%}
IF(
        {{ amount_before }} > 0
            AND LEAST({{ days }}, {{ days_before }}) >= {{ least_compared_share }}E0 * GREATEST({{ days }}, {{ days_before }}),
        {{ amount }} / CAST({{ amount_before }} AS DOUBLE) - 1
    )
{%- endmacro %}
