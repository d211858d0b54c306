with

vectors as (

    select * from {{ ref('int_track_vectors') }}

),

recordings as (

    select * from {{ ref('int_track_recordings') }}

),

present as (

    select
        vectors.*,
        recordings.isrc,
        recordings.artist_title
    from vectors
    inner join recordings on vectors.track_id = recordings.track_id

)

{{
    lists_to_renew(
        id='track_id',
        related_id='related_track_id',
        size=var('similar_tracks'),
        others=['isrc', 'artist_title'],
        lists=standing('track_similarity'),
        basis=standing('int_track_similarity_basis'),
    )
}}
