{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['artist_id', 'source'],
        on_schema_change='append_new_columns',
    )
}}

{%- set fields = [
    ['rank', 'integer'],
    ['related_id', 'varchar'],
    ['related_external_id', 'varchar'],
    ['related_name', 'varchar'],
    ['score', 'double'],
] -%}

{{ newest_lists('related_artists', parent='artist_id', key=['rank'], fields=fields) }}
