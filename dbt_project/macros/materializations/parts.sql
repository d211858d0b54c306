{#-
    Tables that DuckDB makes a part at a time, so that what it cannot spill is as large as a part, not as the catalogue.
    A model says in `ids_a_part` how many of the ids that it is renewed by are one, and asks of their numbers whether
    they are `in_part`; as its SQL stands, all are.
-#}
{% macro in_part(number) -%}
    {{ number }} % /* parts */ 1 = /* part */ 0
{%- endmacro %}

{#- How many parts this model is made in. Athena makes it in one. -#}
{% macro number_of_parts() -%}
    {%- set ids_a_part = config.get('ids_a_part') -%}
    {%- if not ids_a_part or target.type != 'duckdb' -%}
        {{ return(1) }}
    {%- endif -%}
    {%- set table = (config.require('renewed_by').values() | first).split('.')[0] -%}
    {%- set counted = run_query('select count(*) from ' ~ this.incorporate(path={'identifier': table})) -%}
    {{ return((counted.columns[0].values()[0] | int - 1) // ids_a_part + 1) }}
{%- endmacro %}

{#- Fill a new table with one part after another. -#}
{% macro make_in_parts(relation, temporary, parts) -%}
    {%- for part in range(parts) -%}
        {%- set sql = compiled_code | replace('/* parts */ 1', parts) | replace('/* part */ 0', part) -%}
        {%- call statement('main' if loop.first else 'part') -%}
            {%- if loop.first %}
                {{ create_table_as(temporary, relation, sql) }}
            {%- else %}
                insert into {{ relation }} by name
                {{ sql }}
            {%- endif %}
        {%- endcall -%}
    {%- endfor -%}
{%- endmacro %}

{#- What the materialization `table` does, in parts. -#}
{% macro materialize_in_parts(parts) -%}
    {%- set held = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set made = make_intermediate_relation(target_relation) -%}
    {{ drop_relation_if_exists(load_cached_relation(made)) }}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do make_in_parts(made, false, parts) -%}
    {{ drop_relation_if_exists(held) }}
    {{ adapter.rename_relation(made, target_relation) }}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{%- endmacro %}
