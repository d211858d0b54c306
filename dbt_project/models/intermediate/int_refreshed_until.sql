{%- set before = last_refresh() if is_partial() else none -%}
-- Written only after all that is derived, or a run that died in between would not be caught up.
-- depends_on: {{ ref('artist_top_tracks') }}
-- depends_on: {{ ref('dim_artist_aliases') }}
-- depends_on: {{ ref('int_artist_similarity_basis') }}
-- depends_on: {{ ref('int_track_similarity_basis') }}
-- depends_on: {{ ref('int_track_similarity_kin') }}
with

tracks as (

    select * from {{ ref('int_renewed_tracks') }}

),

artists as (

    select * from {{ ref('int_renewed_artists') }}

),

breakpoints as (

    select * from {{ ref('stg_similarity_model__breakpoints') }}

),

stamps as (

    select changed_at from tracks
    union all
    select changed_at from artists
    {%- if before %}
    union all
    select changed_at from {{ before }}
    {%- endif %}

),

newest as (

    select max(changed_at) as changed_at
    from stamps

),

model as (

    select max(model_version) as model_version
    from breakpoints

),

staged as (
    {% for table in staged_tables() %}
    select '{{ table }}' as staged
    from {{ ref(table) }}
    having count(*) > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select
    staged.staged,
    newest.changed_at,
    {{ stamp_of_run() }} as written_at,
    model.model_version,
    '{{ sql_digest() if execute }}' as sql_digest
from staged
cross join newest
cross join model
