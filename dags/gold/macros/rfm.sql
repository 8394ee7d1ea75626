{#- The rules of the customer scores and segments, for gold_customer_facts, gold_segment_transitions and
    mart_customer_segments. The limits are fixed. NTILE is not used: it splits equal customers at random. -#}

{#- The recency score for the days from the latest order to the as-of date. -#}
{% macro r_score(days) -%}
CASE
        WHEN {{ days }} <= 14 THEN 5
        WHEN {{ days }} <= 30 THEN 4
        WHEN {{ days }} <= 90 THEN 3
        WHEN {{ days }} <= 180 THEN 2
        ELSE 1
    END
{%- endmacro %}

{#- The frequency score for the orders to date. -#}
{% macro f_score(orders) -%}
CASE
        WHEN {{ orders }} >= 10 THEN 5
        WHEN {{ orders }} >= 5 THEN 4
        WHEN {{ orders }} >= 3 THEN 3
        WHEN {{ orders }} = 2 THEN 2
        ELSE 1
    END
{%- endmacro %}

{#- The money score for the net sales to date; `cutoffs` is a table made by money_cutoffs. -#}
{% macro m_score(net_sales, cutoffs) -%}
CASE
        WHEN {{ net_sales }} > {{ cutoffs }}.cutoff_80 THEN 5
        WHEN {{ net_sales }} > {{ cutoffs }}.cutoff_60 THEN 4
        WHEN {{ net_sales }} > {{ cutoffs }}.cutoff_40 THEN 3
        WHEN {{ net_sales }} > {{ cutoffs }}.cutoff_20 THEN 2
        ELSE 1
    END
{%- endmacro %}

{#- First day whose orders the cut-offs do not count. So a customer's score changes because the customer orders, and not
    because others do. -#}
{% macro cutoffs_frozen_on(as_of_date) -%}
DATE_TRUNC('quarter', {{ as_of_date }})
{%- endmacro %}

{#- The smallest amounts that one, two, three and four fifths of the customers do not exceed. They are exact, and equal
    amounts stay together. There is one row for each combination of `keys`, a list of columns as SQL. The table `source`
    has these columns and net_sales, which is null for a customer without an order yet. -#}
{% macro money_cutoffs(source, keys) -%}
SELECT
        {{ keys }},
        MIN(net_sales) FILTER (WHERE share_at_or_below >= 0.2) AS cutoff_20,
        MIN(net_sales) FILTER (WHERE share_at_or_below >= 0.4) AS cutoff_40,
        MIN(net_sales) FILTER (WHERE share_at_or_below >= 0.6) AS cutoff_60,
        MIN(net_sales) FILTER (WHERE share_at_or_below >= 0.8) AS cutoff_80
    FROM (
        SELECT *, CUME_DIST() OVER (PARTITION BY {{ keys }} ORDER BY net_sales) AS share_at_or_below
        FROM {{ source }}
        WHERE net_sales IS NOT NULL
    ) AS ranked_values
    GROUP BY {{ keys }}
{%- endmacro %}

{#- The segment for three scores: the first one that fits. -#}
{% macro segment(r, f, m) -%}
CASE
            WHEN {{ r }} >= 4 AND {{ f }} >= 4 AND {{ m }} >= 4 THEN 'Champions'
            WHEN {{ r }} >= 3 AND {{ f }} >= 4 THEN 'Loyal'
            WHEN {{ r }} >= 4 AND {{ f }} >= 2 THEN 'Potential loyalist'
            WHEN {{ r }} = 5 THEN 'New'
            WHEN {{ r }} = 4 THEN 'Promising'
            WHEN {{ r }} = 3 AND {{ f }} >= 2 THEN 'Needs attention'
            WHEN {{ r }} = 2 AND {{ f }} >= 3 THEN 'At risk'
            WHEN {{ r }} = 2 AND {{ f }} = 2 THEN 'Hibernating'
            WHEN {{ f }} >= 2 THEN 'Lost'
            ELSE 'One-time'
        END
{%- endmacro %}

{#- All segments, best first. -#}
{% set segments = [
    'Champions', 'Loyal', 'Potential loyalist', 'New', 'Promising', 'Needs attention', 'At risk', 'Hibernating', 'Lost',
    'One-time'
] %}
