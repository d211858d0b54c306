{%- set fields = [
    ['alias', 'varchar'],
    ['locale', 'varchar'],
    ['kind', 'varchar'],
] -%}

{{ every_list(ref('stg_artist_aliases__by_source'), parent='artist_id', fields=fields) }}
