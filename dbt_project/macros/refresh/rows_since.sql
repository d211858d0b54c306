{#-
    The rows of a relation that were written after a moment; all of them where it is none. The moment is a constant, so
    that Athena leaves out files by their statistics.
-#}
{% macro rows_since(relation, moment) -%}
    {%- if moment is none -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where changed_at > ' ~ timestamp_literal(moment) ~ ')') }}
{%- endmacro %}

{#- What a model reads of a list that this run makes anew in part: the rows that it wrote, or more. -#}
{% macro written(model) -%}
    {%- set relation = ref(model) -%}
    {{ return(rows_since(relation, known_at_start()['int_refreshed_until'].written_at if renews_part() else none)) }}
{%- endmacro %}
