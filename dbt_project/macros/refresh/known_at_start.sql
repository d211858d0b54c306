{#-
    What the tables held when this run began, by model: `fetched_at` and `changed_at`, the newest that an incremental
    one holds (none where it has no such column), and of `int_refreshed_until` its stamps and `sql_digest`. Models that are
    not there yet are left out. All of it is one statement, which `on-run-start` sends; commands without it (`dbt compile`)
    send it with the first model that asks.
-#}
{% macro known_at_start() -%}
    {%- if 'known_at_start' not in graph -%}
        {%- do ask_at_start() -%}
    {%- endif -%}
    {{ return(graph['known_at_start']) }}
{%- endmacro %}

{#-
    Ask, where any selected model will want to know. All nodes of a run share `graph`. Where a model's SQL is no longer
    that of the last run that came to its end, and this one begins with staging, `int_refreshed_until` goes: it will make
    everything anew, and if it dies before it has, so must the next, even with the old SQL.
-#}
{% macro begin_run() -%}
    {%- if execute and flags.INTROSPECT and flags.WHICH in ['build', 'run'] and asking() -%}
        {%- do ask_at_start() -%}
        {%- set until = adapter.get_relation(target.database, target.schema, 'int_refreshed_until') -%}
        {%- set begins = asking() | rejectattr('config.materialized', 'equalto', 'renewed') | list -%}
        {%- if until and begins and not sql_stands() -%}
            {%- do adapter.drop_relation(until) -%}
            {#- DuckDB's connection is in a transaction here, which dbt would roll back. -#}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro ask_at_start() -%}
    {%- set selects = [] -%}
    {%- for node in asking() -%}
        {%- set held = none if flags.FULL_REFRESH else adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if held and node.config.materialized == 'incremental' -%}
            {%- do selects.append([node.name, held, ['fetched_at', 'changed_at']]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set until = adapter.get_relation(target.database, target.schema, 'int_refreshed_until') -%}
    {%- if until -%}
        {%- do selects.append(['int_refreshed_until', until, ['changed_at', 'written_at', 'sql_digest']]) -%}
    {%- endif -%}
    {%- set known = {} -%}
    {%- if selects -%}
        {%- for row in run_query(at_start_sql(selects)).rows -%}
            {%- do known.update({row[0]: {
                'fetched_at': row[1],
                'changed_at': row[2],
                'written_at': row[3],
                'sql_digest': row[4],
            }}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do graph.update({'known_at_start': known}) -%}
{%- endmacro %}

{#- The newest of the wanted columns of each relation; none of a column that a table made before has not. -#}
{% macro at_start_sql(selects) -%}
    {%- for model, relation, wanted in selects %}
    {%- set there = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list %}
    select
        '{{ model }}' as model
        {%- for column in ['fetched_at', 'changed_at', 'written_at', 'sql_digest'] %}
        {%- set kind = 'varchar' if column == 'sql_digest' else 'timestamp' %}
        {%- set is_there = column in wanted and column in there %},
        {{ 'max(' ~ column ~ ')' if is_there else 'cast(null as ' ~ kind ~ ')' }} as {{ column }}
        {%- endfor %}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The selected models that ask: those of staging, and all that a refresh makes anew in part or begins and ends with. -#}
{% macro asking() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.unique_id in selected_resources and node.resource_type == 'model' -%}
        {%- if node.config.materialized in ['incremental', 'renewed']
            or node.name in ['int_renewed_tracks', 'int_renewed_artists', 'int_refreshed_until'] -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- No model's SQL changed since the last run that came to its end; not known where nobody asked at the start. -#}
{% macro sql_stands() -%}
    {%- set until = graph.get('known_at_start', {}).get('int_refreshed_until', {}) -%}
    {{ return(until.get('sql_digest') == sql_digest()) }}
{%- endmacro %}
