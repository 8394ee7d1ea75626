{#- The comparison of two whole periods, for mart_sales_trends and mart_location_performance. -#}

{#- The change of an amount against an earlier amount, as a share of the earlier one. Null if the earlier amount is not
    above zero, or if one of the two periods has fewer days with sales than `least_compared_share` of the other's: the
    change would come from the missing days. -#}
{% macro change(amount, amount_before, days, days_before) -%}
IF(
        {{ amount_before }} > 0
            AND LEAST({{ days }}, {{ days_before }})
                >= {{ least_compared_share }}E0 * GREATEST({{ days }}, {{ days_before }}),
        {{ amount }} / CAST({{ amount_before }} AS DOUBLE) - 1
    )
{%- endmacro %}
