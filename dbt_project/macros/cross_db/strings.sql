{#- An array of strings from expressions, of the right type. -#}
{% macro strings(expressions) -%}
    {{ return(adapter.dispatch('strings')(expressions)) }}
{%- endmacro %}

{% macro duckdb__strings(expressions) -%}
    cast([{{ expressions | join(', ') }}] as varchar[])
{%- endmacro %}

{% macro athena__strings(expressions) -%}
    cast(array[{{ expressions | join(', ') }}] as array(varchar))
{%- endmacro %}
