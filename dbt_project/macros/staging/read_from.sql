{#-
    From when an incremental model must read: its newest `fetched_at` less `lookback_hours`; none for everything. What
    was fetched by a clock that was ahead counts as fetched now, or all that is fetched until then would be overlooked.
    Asked before the model runs, so that the partitions to read are constants in its SQL.
-#}
{% macro read_from() -%}
    {{ return(less_lookback(held_until().fetched_at)) }}
{%- endmacro %}

{% macro less_lookback(newest) -%}
    {%- if newest is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set lookback = modules.datetime.timedelta(hours=var('lookback_hours') | int) -%}
    {{ return([newest, run_started_at.replace(tzinfo=none)] | min - lookback) }}
{%- endmacro %}
