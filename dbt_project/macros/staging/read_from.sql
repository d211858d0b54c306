{#-
    From when an incremental staging model must read: its newest `fetched_at` less `lookback_hours`; none for
    everything. Asked before the model runs, so that the partitions to read are constants in its SQL.
-#}
{% macro read_from() -%}
    {%- if not (execute and is_increment()) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set newest = run_query('select max(fetched_at) as newest from ' ~ this).columns[0].values()[0] -%}
    {%- if newest is none -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(newest - modules.datetime.timedelta(hours=var('lookback_hours') | int)) }}
{%- endmacro %}
