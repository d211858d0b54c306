{#- How many elements an array has; null for null. -#}
{% macro array_size(array) -%}
    {{ return(adapter.dispatch('array_size')(array)) }}
{%- endmacro %}

{% macro duckdb__array_size(array) -%}
    len({{ array }})
{%- endmacro %}

{% macro athena__array_size(array) -%}
    cardinality({{ array }})
{%- endmacro %}
