{#- An array of no strings, of the right type. -#}
{% macro empty_strings() -%}
    {{ return(adapter.dispatch('empty_strings')()) }}
{%- endmacro %}

{% macro duckdb__empty_strings() -%}
    cast([] as varchar[])
{%- endmacro %}

{% macro athena__empty_strings() -%}
    cast(array[] as array(varchar))
{%- endmacro %}
