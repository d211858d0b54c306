{{ begin_refresh() -}}
with

observed as (

    {{ news([
        'stg_tracks__by_source',
        'stg_track_artists__by_source',
        'stg_audio_features__by_source',
    ], 'track_id') | indent(4) }}

),

artists as (

    {{ news(['stg_artists__by_source'], 'artist_id') }}

),

credits as (

    select * from {{ ref('stg_track_artists') }}

),

causes as (

    select
        track_id,
        changed_at
    from observed
    union all
    -- A track tells of the artists that it credits: their names, and whether they are known.
    select
        credits.track_id,
        artists.changed_at
    from credits
    inner join artists on credits.artist_id = artists.artist_id

)

select
    track_id,
    max(changed_at) as changed_at,
    {{ catches_up() | lower }} as is_doubted
from causes
group by track_id
