{#- The strings that two arrays have in common, each once, in alphabetical order. -#}
{% macro shared_strings(left, right) -%}
    {{ return(adapter.dispatch('shared_strings')(left, right)) }}
{%- endmacro %}

{% macro duckdb__shared_strings(left, right) -%}
    list_sort(list_intersect({{ left }}, {{ right }}))
{%- endmacro %}

{% macro athena__shared_strings(left, right) -%}
    array_sort(array_intersect({{ left }}, {{ right }}))
{%- endmacro %}
