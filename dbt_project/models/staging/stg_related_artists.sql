{%- set fields = [
    ['rank', 'integer'],
    ['related_id', 'varchar'],
    ['related_external_id', 'varchar'],
    ['related_name', 'varchar'],
    ['score', 'double'],
] -%}

{{ every_list(ref('stg_related_artists__by_source'), parent='artist_id', fields=fields) }}
