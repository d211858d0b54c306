{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['artist_id', 'source'],
        on_schema_change='append_new_columns',
    )
}}

{%- set fields = [
    ['kind', 'varchar'],
    ['external_id', 'varchar'],
] -%}

{{ newest_lists('artist_ids', parent='artist_id', key=['kind', 'external_id'], fields=fields) }}
