{#- An array in ascending order. -#}
{% macro sorted_array(array) -%}
    {{ return(adapter.dispatch('sorted_array')(array)) }}
{%- endmacro %}

{% macro duckdb__sorted_array(array) -%}
    list_sort({{ array }})
{%- endmacro %}

{% macro athena__sorted_array(array) -%}
    array_sort({{ array }})
{%- endmacro %}
