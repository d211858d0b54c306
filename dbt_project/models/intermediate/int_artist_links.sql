{{
    config(
        materialized='renewed',
        unique_key=['artist_id', 'related_id'],
        renewed_by={
            'artist_id': 'int_renewed_artists.artist_id',
            'related_id': 'int_renewed_artists.artist_id',
        },
    )
}}

with

artists as (

    select * from {{ ref('stg_artists') }}

),

credits as (

    select * from {{ renewal('stg_track_artists', 'int_renewal_credits') }}

),

tracks as (

    select * from {{ renewal('stg_tracks', 'int_renewal_tracks') }}

),

related_artists as (

    select * from {{ ref('stg_related_artists') }}

),

artist_ids as (

    select * from {{ ref('stg_artist_ids') }}

),

{%- if not execute or renews_part() %}

renewed as ( -- noqa: ST03

    select * from {{ ref('int_renewed_artists') }}

),
{%- endif %}

model_vectors as (

    select * from {{ ref('stg_similarity_model__vectors') }}

),

parameters as (

    select
        model_version,
        {{ parameter('together', 1) }} as once,
        {{ parameter('together', 2) }} as twice,
        {{ parameter('together', 3) }} as often,
        {{ parameter('related') }} as related
    from model_vectors
    where kind = 'parameter'
    group by model_version

),

songs as (

    -- A song of a dozen is a choir or a sampler: it ties nobody to nobody.
    select
        tracks.track_id,
        tracks.name,
        coalesce(tracks.popularity, 0) as popularity,
        array_agg(artists.artist_id) as artist_ids
    from credits
    inner join tracks on credits.track_id = tracks.track_id
    inner join artists on credits.artist_id = artists.artist_id
    group by tracks.track_id, tracks.name, tracks.popularity
    having count(*) between 2 and 8

),

shared_tracks as (

    select
        one.artist_id,
        other.artist_id as related_id,
        songs.name,
        row_number() over (
            partition by one.artist_id, other.artist_id
            order by songs.popularity desc, songs.track_id asc
        ) as place,
        count(*) over (partition by one.artist_id, other.artist_id) as n_shared
    from songs
    cross join unnest(songs.artist_ids) as one (artist_id)
    cross join unnest(songs.artist_ids) as other (artist_id)
    where one.artist_id <> other.artist_id

),

together as (

    select
        artist_id,
        related_id,
        name as shared_track,
        n_shared
    from shared_tracks
    where place = 1

),

identified as (

    -- Some sources know the other by an id of their own alone.
    select
        related_artists.artist_id,
        coalesce(related_artists.related_id, artist_ids.artist_id) as related_id,
        coalesce(related_artists.score, 1e0 / related_artists.rank) as closeness
    from related_artists
    left join artist_ids
        on
            related_artists.related_external_id = artist_ids.external_id
            and related_artists.related_id is null

),

both_ways as (

    -- Who is like whom is like them in turn.
    select
        identified.closeness,
        case when turned.is_back then identified.related_id else identified.artist_id end as artist_id,
        case when turned.is_back then identified.artist_id else identified.related_id end as related_id
    from identified
    cross join unnest(array[false, true]) as turned (is_back)

),

related as (

    select
        both_ways.artist_id,
        both_ways.related_id,
        max(both_ways.closeness) as closeness
    from both_ways
    inner join artists on both_ways.artist_id = artists.artist_id
    inner join artists as others on both_ways.related_id = others.artist_id
    where both_ways.artist_id <> both_ways.related_id
    group by both_ways.artist_id, both_ways.related_id

),

tied as (

    select
        together.shared_track,
        together.n_shared,
        related.closeness,
        coalesce(together.artist_id, related.artist_id) as artist_id,
        coalesce(together.related_id, related.related_id) as related_id
    from together
    full outer join related
        on
            together.artist_id = related.artist_id
            and together.related_id = related.related_id

),

pairs as (

    select tied.*
    from tied
    {%- if renews_part() %}
    left join renewed on tied.artist_id = renewed.artist_id
    left join renewed as other on tied.related_id = other.artist_id
    where
        renewed.artist_id is not null
        or other.artist_id is not null
    {%- endif %}

)

select
    pairs.artist_id,
    pairs.related_id,
    pairs.shared_track,
    cast(coalesce(pairs.n_shared, 0) as integer) as n_shared,
    pairs.closeness,
    cast(
        case
            when pairs.n_shared is null then 0
            when pairs.n_shared = 1 then parameters.once
            when pairs.n_shared = 2 then parameters.twice
            else parameters.often
        end as integer
    ) as together_bonus,
    cast(coalesce(round(pairs.closeness * parameters.related), 0) as integer) as related_bonus,
    {{ stamp_of_run() }} as changed_at
from pairs
cross join parameters
