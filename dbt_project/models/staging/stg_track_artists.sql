{%- set fields = [
    ['artist_id', 'varchar'],
    ['position', 'integer'],
] -%}

{{ first_list(ref('stg_track_artists__by_source'), parent='track_id', fields=fields) }}
