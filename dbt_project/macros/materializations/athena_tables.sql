{#-
    How tables and views are written on Athena, with as few statements as it takes: each takes a second or two there.
    dbt-athena's own also ask for a constant after every one.
-#}
{% materialization table, adapter='athena' -%}
    {{ return(made_anew(load_relation(this), swapped=true)) }}
{%- endmaterialization %}

{#- A table that is read within the run that makes it, and that the next one makes anew. Nobody misses it meanwhile. -#}
{% materialization fleeting, default -%}
    {{ return(context['materialization_table_' ~ adapter.type()]()) }}
{%- endmaterialization %}

{% materialization fleeting, adapter='athena' -%}
    {{ return(made_anew(load_relation(this), swapped=false)) }}
{%- endmaterialization %}

{#- Merged into by one statement where its SQL, and so its columns, are as they were; otherwise as dbt-athena has it. -#}
{% materialization incremental, adapter='athena' -%}
    {%- set held = load_relation(this) -%}
    {%- if held is none or should_full_refresh() -%}
        {{ return(made_anew(held, swapped=true)) }}
    {%- elif config.get('incremental_strategy') != 'merge' or not sql_stands() -%}
        {%- set merged = dbt.materialization_incremental_athena() -%}
        {%- do drop_lost_columns(held) -%}
        {%- do pack(held) -%}
        {{ return(merged) }}
    {%- endif -%}

    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ merge_sql(held, compiled_code, config.require('unique_key')) }}
    {%- endcall %}
    {%- do pack(held) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.expire_glue_table_versions(held, 1, false) -%}

    {{ return({'relations': [held]}) }}
{%- endmaterialization %}

{#- A refresh leaves a view as it is that reads models alone and whose SQL is as it was. -#}
{% materialization view, adapter='athena' -%}
    {%- set held = load_relation(this) -%}
    {%- set stands = held is not none and held.is_view and not model.sources and is_refresh() and sql_stands() -%}
    {%- if flags.FULL_REFRESH or not stands -%}
        {{ return(dbt.materialization_view_athena()) }}
    {%- endif -%}

    {%- do store_raw_result('main', message='stands', code=none, rows_affected=none) -%}
    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [held]}) }}
{%- endmaterialization %}

{#-
    Make a table of what the model selects, at a place of its own. One that is `swapped` is there until the new one is,
    and takes its name by renaming; any other goes first.
-#}
{% macro made_anew(held, swapped) -%}
    {%- set made = this.incorporate(type='table') -%}
    {%- set swaps = swapped and held is not none and held.is_table -%}
    {{ run_hooks(pre_hooks) }}
    {%- if held is not none and not swaps -%}
        {%- do adapter.drop_relation(held) -%}
    {%- endif -%}
    {%- if swaps -%}
        {#- What a run left that died between the two renames. -#}
        {%- for suffix in ['__ha', '__bkp'] -%}
            {%- set left = adapter.get_relation(this.database, this.schema, this.identifier ~ suffix) -%}
            {%- if left -%}
                {%- do adapter.drop_relation(left) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set next = api.Relation.create(
        database=made.database,
        schema=made.schema,
        identifier=made.identifier ~ '__ha',
        s3_path_table_part=made.identifier,
        type='table',
    ) if swaps else made -%}
    {% call statement('main') -%}
        {{ create_table_as(false, next, compiled_code) }}
    {%- endcall %}
    {%- if swaps -%}
        {%- set before = make_temp_relation(made, '__bkp') -%}
        {%- do rename_relation(made, before) -%}
        {%- do rename_relation(next, made) -%}
        {%- do drop_relation(before) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [made]}) }}
{%- endmacro %}

{#- Drop the columns of a table that its SQL selects no more: merges write all that there are. -#}
{% macro drop_lost_columns(relation) -%}
    {%- if not sql_stands() -%}
        {%- set selected = get_columns_in_query(compiled_code) -%}
        {%- set lost = adapter.get_columns_in_relation(relation) | rejectattr('name', 'in', selected) | list -%}
        {%- if lost -%}
            {%- do alter_relation_drop_columns(relation, lost) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#-
    Write the small files that merges left, rows and marks of deleted ones, into large ones, and let go of what no reader
    can want any more. A refresh leaves it to the next full build; Athena may want to be asked several times.
-#}
{% macro pack(relation) -%}
    {%- if not is_refresh() -%}
        {%- set name = relation.schema ~ '.' ~ relation.identifier -%}
        {%- set optimize = 'optimize ' ~ name ~ ' rewrite data using bin_pack' -%}
        {%- do adapter.run_operation_with_potential_multiple_runs(optimize, 'optimize') -%}
        {%- do adapter.run_operation_with_potential_multiple_runs('vacuum ' ~ name, 'vacuum') -%}
    {%- endif -%}
{%- endmacro %}

{#- Put rows in the place of those with the same key, and the others beside them. -#}
{% macro merge_sql(held, sql, key) -%}
    {%- set columns = adapter.get_columns_in_relation(held) | map(attribute='name') | list -%}
    merge into {{ held }} as target
    using (
        {{ sql }}
    ) as news
    on {% for column in key %}target.{{ column }} = news.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    {{ put_in_place(columns, key) }}
{%- endmacro %}
