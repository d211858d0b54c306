{{
    config(
        materialized='renewed',
        unique_key=['artist_id'],
        renewed_by={'artist_id': 'int_renewed_artists.artist_id'},
    )
}}

with

artists as (

    select * from {{ renewed('stg_artists', 'artist_id') }}

),

credits as (

    select * from {{ renewal('stg_track_artists', 'int_renewal_credits') }}

),

track_vectors as (

    select * from {{ ref('int_track_vectors') }}

),

credited as (

    select
        artists.artist_id,
        {%- for feature in var('similarity_features') %}
        track_vectors.{{ feature }},
        {%- endfor %}
        track_vectors.model_version
    from artists
    inner join credits on artists.artist_id = credits.artist_id
    inner join track_vectors on credits.track_id = track_vectors.track_id

)

-- Decimals add up to the same sum in any order; doubles do not, and a rebuild must equal a refresh.
select
    artist_id,
    {%- for feature in var('similarity_features') %}
    cast(sum(cast({{ feature }} as decimal(18, 9))) as double) / count(*) as {{ feature }},
    {%- endfor %}
    count(*) as n_tracks,
    max(model_version) as model_version,
    {{ stamp_of_run() }} as changed_at
from credited
group by artist_id
