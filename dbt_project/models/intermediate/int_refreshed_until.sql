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

artist_points as (

    select * from {{ ref('int_artist_points') }}

),

track_vectors as (

    select * from {{ ref('int_track_vectors') }}

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

made_of as (

    -- Not what is there by now: another may have been fitted meanwhile.
    select min(model_version) as model_version
    from artist_points
    union all
    select min(model_version) as model_version
    from track_vectors

),

model as (

    select min(model_version) as model_version
    from made_of

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
