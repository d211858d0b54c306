{#- Text without any match of a regular expression. -#}
{% macro regex_remove(text, pattern) -%}
    {{ return(adapter.dispatch('regex_remove')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__regex_remove(text, pattern) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '', 'g')
{%- endmacro %}

{% macro athena__regex_remove(text, pattern) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '')
{%- endmacro %}
