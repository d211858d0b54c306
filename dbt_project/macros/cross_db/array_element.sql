{#- The element of an array at a place counted from 1; null past its end (where Athena's [] fails). -#}
{% macro array_element(array, place) -%}
    {{ return(adapter.dispatch('array_element')(array, place)) }}
{%- endmacro %}

{% macro duckdb__array_element(array, place) -%}
    list_extract({{ array }}, {{ place }})
{%- endmacro %}

{% macro athena__array_element(array, place) -%}
    element_at({{ array }}, {{ place }})
{%- endmacro %}
