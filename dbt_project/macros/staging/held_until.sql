{#-
    The newest `fetched_at` that an incremental model holds, and the newest `changed_at`, a stamp, that it holds or that
    was derived from (`int_refreshed_until`); none where there is none.
-#}
{% macro held_until() -%}
    {%- if not (execute and flags.INTROSPECT and this) -%}
        {{ return({'fetched_at': none, 'changed_at': none}) }}
    {%- endif -%}
    {%- set known = known_at_start() -%}
    {%- set held = known.get(this.identifier, {}) if is_increment() else {} -%}
    {%- set derived = known.get('int_refreshed_until', {}) -%}
    {%- set stamps = [held.get('changed_at'), derived.get('changed_at')] | reject('none') | list -%}
    {{ return({'fetched_at': held.get('fetched_at'), 'changed_at': stamps | max if stamps else none}) }}
{%- endmacro %}
