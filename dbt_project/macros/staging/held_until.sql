{#-
    The newest `fetched_at` that an incremental model holds, and the newest `changed_at`, a stamp, that it holds or that
    was derived from (`int_refreshed_until`); none where there is none.
-#}
{% macro held_until() -%}
    {%- set until = {'fetched_at': none, 'changed_at': none} -%}
    {%- if not (execute and flags.INTROSPECT) -%}
        {{ return(until) }}
    {%- endif -%}
    {%- set newest = [] -%}
    {%- if is_increment() -%}
        {%- set there = adapter.get_columns_in_relation(this) | map(attribute='name') | map('lower') | list -%}
        {%- set stamp = 'changed_at' if 'changed_at' in there else 'cast(null as timestamp)' -%}
        {%- do newest.append('select fetched_at, ' ~ stamp ~ ' as changed_at from ' ~ this) -%}
    {%- endif -%}
    {%- set derived = last_refresh() -%}
    {%- if derived -%}
        {%- do newest.append('select cast(null as timestamp) as fetched_at, changed_at from ' ~ derived) -%}
    {%- endif -%}
    {%- if newest -%}
        {%- set held = '(' ~ newest | join(' union all ') ~ ') as held' -%}
        {%- set row = run_query('select max(fetched_at), max(changed_at) from ' ~ held).rows[0] -%}
        {%- do until.update({'fetched_at': row[0], 'changed_at': row[1]}) -%}
    {%- endif -%}
    {{ return(until) }}
{%- endmacro %}
