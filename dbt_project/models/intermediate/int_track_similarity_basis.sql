-- Written only after the lists: what they were made from.
-- depends_on: {{ ref('track_similarity') }}
with

points as (

    select * from {{ ref('int_track_points') }}

)

select
    track_id,
    {{ var('similarity_features') | join(',\n    ') }},
    model_version,
    artist_id,
    release_year,
    isrc,
    artist_title,
    is_named,
    is_best_known,
    cell
from points
