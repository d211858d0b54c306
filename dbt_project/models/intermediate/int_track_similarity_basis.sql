{{
    config(
        materialized='renewed',
        unique_key=['track_id'],
        renewed_by={'track_id': 'int_track_similarity_changes.track_id'},
    )
}}

-- Written only after the lists: what they were made from.
-- depends_on: {{ ref('track_similarity') }}
with

points as (

    select * from {{ ref('int_track_points') }}

)
{%- if not execute or renews_part() %},

changes as ( -- noqa: ST03

    select distinct track_id
    from {{ ref('int_track_similarity_changes') }}

)
{%- endif %}

select
    points.track_id,
    {{ 'points.' ~ var('similarity_features') | join(',\n    points.') }},
    points.model_version,
    points.artist_id,
    points.release_year,
    points.isrc,
    points.artist_title,
    points.is_named,
    points.is_best_known,
    points.cell
from points
{%- if renews_part() %}
inner join changes on points.track_id = changes.track_id
{%- endif %}
