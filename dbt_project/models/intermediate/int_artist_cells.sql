{{
    config(
        materialized='renewed',
        unique_key=['artist_id'],
        renewed_by={'artist_id': 'int_artist_changes.artist_id'},
    )
}}

-- depends_on: {{ ref('int_artist_changes') }}
select
    artist_id,
    model_version,
    cell,
    nearest_cells,
    {{ stamp_of_run() }} as changed_at
from {{ ref('int_artist_placed') }}
