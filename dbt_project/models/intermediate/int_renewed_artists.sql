with

observed as (

    {{ news([
        'stg_artists__by_source',
        'stg_artist_aliases__by_source',
        'stg_artist_ids__by_source',
        'stg_artist_tags__by_source',
        'stg_artist_top_tracks__by_source',
        'stg_related_artists__by_source',
    ], 'artist_id') | indent(4) }}

),

tracks as (

    select * from {{ ref('int_renewed_tracks') }}

),

credits as (

    select * from {{ ref('stg_track_artists') }}

),

listed as (

    select * from {{ ref('stg_artist_top_tracks') }}

),
{%- set dim_tracks = built('dim_tracks') if is_partial() else none %}
{%- set left_behind = built('int_renewed_artists') if catches_up() else none %}
{%- if dim_tracks %}

credited_before as ( -- noqa: ST03

    select
        dim_tracks.track_id,
        unnested.artist_id
    from {{ dim_tracks }} as dim_tracks
    cross join unnest(dim_tracks.artist_ids) as unnested (artist_id)

),
{%- endif %}

of_tracks as (

    select
        artist_id,
        track_id
    from credits
    union all
    select
        artist_id,
        track_id
    from listed
    {%- if dim_tracks %}
    union all
    select
        artist_id,
        track_id
    from credited_before
    {%- endif %}

),

causes as (

    select
        artist_id,
        changed_at
    from observed
    union all
    select
        of_tracks.artist_id,
        tracks.changed_at
    from of_tracks
    inner join tracks on of_tracks.track_id = tracks.track_id
    {%- if left_behind %}
    union all
    -- A run that died may have written `dim_tracks`, which no longer tells whom it took a track from.
    select
        artist_id,
        changed_at
    from {{ rows_since(left_behind, known_at_start()['int_refreshed_until'].changed_at) }}
    {%- endif %}

)

select
    artist_id,
    max(changed_at) as changed_at,
    {{ catches_up() | lower }} as is_doubted
from causes
group by artist_id
