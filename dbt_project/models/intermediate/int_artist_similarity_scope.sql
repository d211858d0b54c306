with

vectors as (

    select * from {{ ref('int_artist_vectors') }}

),

artists as (

    select * from {{ ref('dim_artists') }}

),

present as (

    select
        vectors.*,
        artists.genres
    from vectors
    inner join artists on vectors.artist_id = artists.artist_id

)

{{
    lists_to_renew(
        id='artist_id',
        related_id='related_id',
        size=var('similar_artists'),
        others=['genres'],
        lists=standing('artist_similarity'),
        basis=standing('int_artist_similarity_basis'),
    )
}}
