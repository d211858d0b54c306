{#- A timestamp of the lake as a plain timestamp in UTC with microseconds. -#}
{% macro utc_timestamp(column) -%}
    {{ return(adapter.dispatch('utc_timestamp')(column)) }}
{%- endmacro %}

{% macro duckdb__utc_timestamp(column) -%}
    cast({{ column }} at time zone 'UTC' as timestamp)
{%- endmacro %}

{% macro athena__utc_timestamp(column) -%}
    cast({{ column }} as timestamp(6))
{%- endmacro %}
