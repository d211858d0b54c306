{%- set columns = [
    'name',
    'followers',
    'popularity',
    'genres',
    'image_url',
] -%}

{{ believed_values(ref('stg_artists__by_source'), id='artist_id', columns=columns) }}
