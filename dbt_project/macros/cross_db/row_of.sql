{#- One value made of several columns; `fields` is a list of [name, type]. -#}
{% macro row_of(fields) -%}
    {{ return(adapter.dispatch('row_of')(fields)) }}
{%- endmacro %}

{% macro duckdb__row_of(fields) -%}
    struct_pack({% for name, type in fields %}{{ name }} := {{ name }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro athena__row_of(fields) -%}
    cast(
        row({% for name, type in fields %}{{ name }}{{ ', ' if not loop.last }}{% endfor %})
        as row({% for name, type in fields %}{{ name }} {{ type }}{{ ', ' if not loop.last }}{% endfor %})
    )
{%- endmacro %}
