{#- An array of whole numbers as what an engine multiplies fastest: its first `size` elements. -#}
{% macro dense(array, size) -%}
    {{ return(adapter.dispatch('dense')(array, size)) }}
{%- endmacro %}

{% macro duckdb__dense(array, size) -%}
    cast(({{ array }})[1:{{ size }}] as float[{{ size }}])
{%- endmacro %}

{% macro athena__dense(array, size) -%}
    {{ array }}
{%- endmacro %}
