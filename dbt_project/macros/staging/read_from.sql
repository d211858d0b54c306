{#-
    From when an incremental model must read: its newest `fetched_at` less `lookback_hours`; none for everything.
    Asked before the model runs, so that the partitions to read are constants in its SQL.
-#}
{% macro read_from() -%}
    {{ return(less_lookback(held_until().fetched_at)) }}
{%- endmacro %}

{% macro less_lookback(newest) -%}
    {%- if newest is none -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(newest - modules.datetime.timedelta(hours=var('lookback_hours') | int)) }}
{%- endmacro %}
