{#-
    The rows of an array made with `row_of`, to be written after a relation in `from`. Afterwards a field is
    `entry.<name>`: on DuckDB `entry` is a column, on Athena, which spreads a row over columns, a relation.
-#}
{% macro unnest_rows(array, fields) -%}
    {{ return(adapter.dispatch('unnest_rows')(array, fields)) }}
{%- endmacro %}

{% macro duckdb__unnest_rows(array, fields) -%}
    cross join unnest({{ array }}) as unnested (entry)
{%- endmacro %}

{% macro athena__unnest_rows(array, fields) -%}
    cross join unnest({{ array }}) as entry ({{ fields | map('first') | join(', ') }})
{%- endmacro %}
