{%- set columns = [
    'name',
    'album_id',
    'album_name',
    'release_date',
    'release_date_precision',
    'popularity',
    'explicit',
    'duration_ms',
    'isrc',
    'image_url',
] -%}

{{ believed_values(ref('stg_tracks__by_source'), id='track_id', columns=columns) }}
