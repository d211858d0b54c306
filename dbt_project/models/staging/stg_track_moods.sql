{%- set fields = [
    ['track_id', 'varchar'],
    ['mood', 'varchar'],
] -%}

with

rows_of_versions as (

    {{ mood_rows('mood_tracks', fields) | indent(4) }}

),

newest as (

    -- The moods of a version are written last: without them it does not count.
    select distinct mood_version
    from {{ ref('stg_moods') }}

)

select
    rows_of_versions.mood_version,
    rows_of_versions.track_id,
    rows_of_versions.mood
from rows_of_versions
inner join newest on rows_of_versions.mood_version = newest.mood_version
