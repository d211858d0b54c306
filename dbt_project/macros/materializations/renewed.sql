{#-
    A table of which a refresh makes a part anew, by one statement: rows of ids that are renewed are put in the place of
    those that it held, and removed where there are none any more. Every other run makes it from nothing. Readers see the
    old rows or the new ones.

    `unique_key` are the columns that make a row one; `renewed_by` says for columns where the renewed ids stand, as
    `table.column`: a row belongs to the part if any of them is there. The model selects the part when `renews_part()`, the whole
    otherwise. An id that is renewed and has nothing to be renewed from loses its rows. Of a table of lists `ranks` says how
    long one can be. With `ids_a_part` what the model selects is made in parts (`parts.sql`).
-#}
{% materialization renewed, default -%}
    {%- set parts = number_of_parts() -%}
    {%- if not renews_part() -%}
        {%- if parts > 1 -%}
            {{ return(materialize_in_parts(parts)) }}
        {%- endif -%}
        {{ return(context['materialization_table_' ~ adapter.type()]()) }}
    {%- endif -%}
    {%- set held = this.incorporate(type='table') -%}
    {%- set sql = compiled_code -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if parts > 1 -%}
        {%- set made = make_temp_relation(held) -%}
        {%- do make_in_parts(made, true, parts) -%}
        {%- set sql = 'select * from ' ~ made -%}
    {%- endif %}
    {% call statement('main') -%}
        {{ renewal_sql(held, sql, config.require('unique_key'), config.require('renewed_by')) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {%- if target.type == 'athena' %}
        {%- do adapter.expire_glue_table_versions(held, 1, false) -%}
    {%- endif %}

    {{ return({'relations': [held]}) }}
{%- endmaterialization %}

{#- The statement of it. -#}
{% macro renewal_sql(held, sql, key, renewed_by) -%}
    {%- set columns = adapter.get_columns_in_relation(held) | map(attribute='name') | list -%}
    {%- set same = [] -%}
    {%- for column in key -%}
        {%- do same.append('due.' ~ column ~ ' = made.' ~ column) -%}
    {%- endfor -%}
    merge into {{ held }} as target
    using (
        select
            {%- for column in columns %}
            {{ 'coalesce(made.' ~ column ~ ', due.' ~ column ~ ') as ' ~ column if column in key else 'made.' ~ column }},
            {%- endfor %}
            made.{{ key[0] }} is null as is_gone
        from (
            {{ sql }}
        ) as made
        full join (
            {{ keys_due(held, key, renewed_by) }}
        ) as due
            on {{ same | join(' and ') }}
    ) as news
    on {% for column in key %}target.{{ column }} = news.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    when matched and news.is_gone then delete
    {{ put_in_place(columns, key, 'not news.is_gone') }}
{%- endmacro %}

{#-
    The keys that a table can hold of what is renewed. The ids tell them, and the places of a list; only where neither
    does is the table read for them, whose keys Athena reads whole.
-#}
{% macro keys_due(held, key, renewed_by) -%}
    {%- set ranks = config.get('ranks') -%}
    {%- if key | length == 1 or ranks -%}
        {%- set table, id = renewed_by[key[0]].split('.') -%}
        select distinct
            {{ id }} as {{ key[0] }}
            {{- ', unnested.place as ' ~ key[1] if ranks }}
        from {{ held.incorporate(path={'identifier': table}) }}
        {%- if ranks %}
        cross join unnest(array[{{ range(1, ranks + 1) | join(', ') }}]) as unnested (place)
        {%- endif %}
    {%- else -%}
        select {{ key | join(', ') }}
        from {{ held }}
        where
            {%- for column, ids in renewed_by.items() %}
            {%- set table, id = ids.split('.') %}
            {{ 'or ' if not loop.first }}{{ column }} in (
                select {{ id }}
                from {{ held.incorporate(path={'identifier': table}) }}
            )
            {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{#- The branches of a MERGE that put `news` in the place of rows with the same key, and beside them others that are `there`. -#}
{% macro put_in_place(columns, key, there='') -%}
    when matched then update set
        {%- for column in columns if column not in key %}
        {{ column }} = news.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    when not matched {{ 'and ' ~ there if there }} then insert ({{ columns | join(', ') }})
    values (news.{{ columns | join(', news.') }})
{%- endmacro %}
