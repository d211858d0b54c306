-- Written only after the lists: what they were made from.
-- depends_on: {{ ref('artist_similarity') }}
with

vectors as (

    select * from {{ ref('int_artist_vectors') }}

),

artists as (

    select * from {{ ref('dim_artists') }}

)

select
    vectors.artist_id,
    {%- for feature in var('similarity_features') %}
    vectors.{{ feature }},
    {%- endfor %}
    vectors.model_version,
    artists.genres
from vectors
inner join artists on vectors.artist_id = artists.artist_id
