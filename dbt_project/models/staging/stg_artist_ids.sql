{%- set fields = [
    ['kind', 'varchar'],
    ['external_id', 'varchar'],
] -%}

{{ every_list(ref('stg_artist_ids__by_source'), parent='artist_id', fields=fields) }}
