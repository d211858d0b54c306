{{ config(materialized='view') }}

with

tracks as (

    select * from {{ ref('stg_tracks') }}

),

audio_features as (

    select * from {{ ref('stg_audio_features') }}

),

joined as (

    -- A source of features may not know how long a track is; the catalogue does.
    select
        tracks.track_id,
        {%- for feature in var('similarity_features') if feature != 'duration_ms' %}
        cast(audio_features.{{ feature }} as double) as {{ feature }},
        {%- endfor %}
        cast(coalesce(audio_features.duration_ms, tracks.duration_ms) as double) as duration_ms
    from tracks
    inner join audio_features on tracks.track_id = audio_features.track_id

)

select
    track_id,
    {{ var('similarity_features') | join(',\n    ') }}
from joined
where
    {{ var('similarity_features') | join(' is not null\n    and ') }} is not null
