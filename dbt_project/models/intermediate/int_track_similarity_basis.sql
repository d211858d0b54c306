-- Written only after the lists: what they were made from.
-- depends_on: {{ ref('track_similarity') }}
with

vectors as (

    select * from {{ ref('int_track_vectors') }}

),

recordings as (

    select * from {{ ref('int_track_recordings') }}

)

select
    vectors.track_id,
    {%- for feature in var('similarity_features') %}
    vectors.{{ feature }},
    {%- endfor %}
    vectors.model_version,
    recordings.isrc,
    recordings.artist_title
from vectors
inner join recordings on vectors.track_id = recordings.track_id
