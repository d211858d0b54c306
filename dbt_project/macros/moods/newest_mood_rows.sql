{#-
    The rows of a table of the moods, of the newest version that is whole: the moods themselves are written last, and
    without them a version does not count. `fields` are [name, type] of all columns but the version.
-#}
{% macro newest_mood_rows(table, fields) -%}
    with

    rows_of_versions as (

        {{ mood_rows(table, fields) | indent(8) }}

    ),

    newest as (

        select distinct mood_version
        from {{ ref('stg_moods') }}

    )

    select
        rows_of_versions.mood_version,
        {%- for name, type in fields %}
        rows_of_versions.{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from rows_of_versions
    inner join newest on rows_of_versions.mood_version = newest.mood_version
{%- endmacro %}
