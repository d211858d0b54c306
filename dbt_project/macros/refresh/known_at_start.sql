{#-
    What the tables held when this run began, by model: `fetched_at` and `changed_at`, the newest that an incremental
    one holds (none where it has no such column), and of `int_refreshed_until` the stamp and `sql_digest`. Models that are not
    there yet are left out. All of it is one statement, which `on-run-start` sends; commands without it (`dbt compile`)
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
    that of the last run that came to its end, `int_refreshed_until` goes: this run will make everything anew, and if it
    dies before it has, so must the next, even with the old SQL.
-#}
{% macro begin_run() -%}
    {%- if execute and flags.INTROSPECT and flags.WHICH in ['build', 'run'] and asking() -%}
        {%- do ask_at_start() -%}
        {%- set until = adapter.get_relation(target.database, target.schema, 'int_refreshed_until') -%}
        {%- if until and not sql_stands() -%}
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
            {%- set there = adapter.get_columns_in_relation(held) | map(attribute='name') | map('lower') | list -%}
            {%- set stamp = 'max(changed_at)' if 'changed_at' in there else 'cast(null as timestamp)' -%}
            {%- do selects.append([node.name, 'max(fetched_at)', stamp, 'cast(null as varchar)', held]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set until = adapter.get_relation(target.database, target.schema, 'int_refreshed_until') -%}
    {%- if until -%}
        {%- do selects.append(['int_refreshed_until', 'cast(null as timestamp)', 'max(changed_at)', 'max(sql_digest)', until]) -%}
    {%- endif -%}
    {%- set known = {} -%}
    {%- if selects -%}
        {%- for row in run_query(at_start_sql(selects)).rows -%}
            {%- do known.update({row[0]: {'fetched_at': row[1], 'changed_at': row[2], 'sql_digest': row[3]}}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do graph.update({'known_at_start': known}) -%}
{%- endmacro %}

{% macro at_start_sql(selects) -%}
    {%- for model, fetched_at, changed_at, sql_digest, relation in selects %}
    select
        '{{ model }}' as model,
        {{ fetched_at }} as fetched_at,
        {{ changed_at }} as changed_at,
        {{ sql_digest }} as sql_digest
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The selected models that ask: incremental ones, and those that say whom a refresh makes anew. -#}
{% macro asking() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.unique_id in selected_resources and node.resource_type == 'model' -%}
        {%- if node.config.materialized == 'incremental' or node.name in ['int_renewed_tracks', 'int_renewed_artists'] -%}
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
