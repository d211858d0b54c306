{#-
    The rows of a table of the moods, its version among them; none where Spark never sorted a track. `fields` are
    [name, type] of all other columns.
-#}
{% macro mood_rows(table, fields) -%}
    {%- if has_moods() -%}
    select
        mood_version,
        {{ fields | map('first') | join(',\n        ') }}
    from {{ source('moods', table) }}
    {%- else -%}
    select
        cast(null as varchar) as mood_version,
        {%- for name, type in fields %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endif -%}
{%- endmacro %}
