{#-
    Ids in tables of staging with the stamps of their rows; in a partial run of those rows alone that were written
    since the last that came to its end. The stamp is a constant, so that Athena can leave out files by it.
-#}
{% macro news(tables, id) -%}
    {%- set until = known_at_start()['int_refreshed_until'].changed_at if is_partial() else none -%}
    {%- for table in tables -%}
    select
        {{ id }},
        changed_at
    from {{ ref(table) }}
    {%- if until is not none %}
    where changed_at > {{ timestamp_literal(until) }}
    {%- endif %}
    {{ 'union all\n    ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
