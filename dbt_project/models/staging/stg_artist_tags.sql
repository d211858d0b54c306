{%- set fields = [
    ['tag', 'varchar'],
    ['weight', 'double'],
] -%}

{{ every_list(ref('stg_artist_tags__by_source'), parent='artist_id', fields=fields) }}
