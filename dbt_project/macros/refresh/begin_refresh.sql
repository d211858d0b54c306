{#-
    Find out whether this run may make the derived tables anew in part. Called by the first model of those, after all
    of staging. It may not in a full build, where no run ever came to its end, and where the last one that did was made
    of another fitted model, by other SQL, or of rows of staging that are gone altogether, as after a purge; nor where
    nobody knows any more whom a run that died left behind. Then `int_refreshed_until` is dropped, which is how all that
    come after know.
-#}
{% macro begin_refresh() -%}
    {%- for table in staged_tables() -%}
        {%- do ref(table) -%}
    {%- endfor -%}
    {%- if not (execute and flags.INTROSPECT and flags.WHICH in ['build', 'run']) -%}
        {{ return('') }}
    {%- endif -%}
    {%- set until = last_refresh() -%}
    {%- if not until -%}
        {{ return('') }}
    {%- endif -%}
    {%- set may = namespace(renew_part=false) -%}
    {%- if is_refresh() and not flags.FULL_REFRESH and built('int_renewed_artists') -%}
        {%- set made_of = run_query(made_of_sql(until)).rows[0] -%}
        {%- set may.renew_part = made_of[0] == made_of[1] and made_of[2] == sql_digest() and not made_of[3] -%}
    {%- endif -%}
    {%- if not may.renew_part -%}
        {%- do adapter.drop_relation(until) -%}
    {%- endif -%}
{%- endmacro %}

{#-
    The fitted model then and now, the digest of the SQL, and how many tables of staging have lost their oldest rows
    since: what an increment writes is newer than the stamp, so a table without any older row was made from nothing
    (or holds so little that all of it changed).
-#}
{% macro made_of_sql(until) -%}
    select
        max(until.model_version) as model_version,
        (select max(model_version) from {{ built('stg_similarity_model__breakpoints') }}) as present_version,
        max(until.sql_digest) as sql_digest,
        count(case when oldest.changed_at is null or oldest.changed_at > until.changed_at then 1 end) as from_nothing
    from {{ until }} as until
    left join (
        {%- for table in staged_tables() %}
        select '{{ table }}' as staged, min(changed_at) as changed_at from {{ ref(table) }}
        {{- ' union all' if not loop.last }}
        {%- endfor %}
    ) as oldest
        on until.staged = oldest.staged
{%- endmacro %}

{#- The tables of staging that the derived ones are made of. -#}
{% macro staged_tables() -%}
    {{ return([
        'stg_artists__by_source',
        'stg_artist_aliases__by_source',
        'stg_artist_ids__by_source',
        'stg_artist_tags__by_source',
        'stg_artist_top_tracks__by_source',
        'stg_related_artists__by_source',
        'stg_tracks__by_source',
        'stg_track_artists__by_source',
        'stg_audio_features__by_source',
    ]) }}
{%- endmacro %}

{#- A digest of the SQL of all models. Of macros it knows nothing: who changes one builds in full. -#}
{% macro sql_digest() -%}
    {%- set digests = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- do digests.append(node.checksum.checksum) -%}
    {%- endfor -%}
    {{ return(local_md5(digests | sort | join(' '))) }}
{%- endmacro %}
