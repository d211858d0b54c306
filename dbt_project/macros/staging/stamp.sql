{#-
    When the rows of this run came to be what they are, as a literal: the run's beginning, and later than `newest`, the
    newest stamp there is. So later runs have later stamps, whatever clock they go by. Where the clock is behind, it is
    by a part of a second that tells the time of the day: a run that is tried again has another stamp, since a copy takes
    rows of the same id and stamp for the same rows.
-#}
{% macro stamp(newest) -%}
    {%- set now = run_started_at.replace(tzinfo=none) -%}
    {%- set tenths = now.hour * 36000 + now.minute * 600 + now.second * 10 + now.microsecond // 100000 -%}
    {%- set later = newest + modules.datetime.timedelta(microseconds=1 + tenths) if newest is not none else now -%}
    {{ timestamp_literal([now, later] | max) }}
{%- endmacro %}

{#- The stamp of the rows that a run derives: later than those of all runs that came to their end. -#}
{% macro stamp_of_run() -%}
    {%- set asks = execute and flags.INTROSPECT and this -%}
    {%- set until = known_at_start().get('int_refreshed_until', {}) if asks else {} -%}
    {%- set stamps = [until.get('changed_at'), until.get('written_at')] | reject('none') | list -%}
    {{ stamp(stamps | max if stamps else none) }}
{%- endmacro %}

{#- A moment in UTC as a literal of both engines. -#}
{% macro timestamp_literal(moment) -%}
    timestamp '{{ moment.strftime("%Y-%m-%d %H:%M:%S.%f") }}'
{%- endmacro %}
