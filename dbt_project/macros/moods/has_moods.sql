{#-
    Whether there are moods to read. Files that are not there cannot be read by DuckDB; a table without partitions
    can be by Athena.
-#}
{% macro has_moods() -%}
    {{ return(adapter.dispatch('has_moods')()) }}
{%- endmacro %}

{% macro athena__has_moods() -%}
    {{ return(true) }}
{%- endmacro %}

{% macro duckdb__has_moods() -%}
    {%- if not (execute and flags.INTROSPECT) -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set lake = env_var('LAKE_URI', '') or (env_var('PLATFORM_HOME', '') or '../.platform') ~ '/lake' -%}
    {%- set files = lake | replace("'", "''") ~ '/track_moods/moods/*/*.parquet' -%}
    {{ return(run_query("select count(*) from glob('" ~ files ~ "')").columns[0].values()[0] > 0) }}
{%- endmacro %}
