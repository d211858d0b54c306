{{
    config(
        materialized='renewed',
        unique_key=['artist_id', 'alias'],
        renewed_by={'artist_id': 'int_renewed_artists.artist_id'},
    )
}}

with

aliases as (

    select * from {{ renewed('stg_artist_aliases', 'artist_id') }}

),

artists as (

    select * from {{ renewed('stg_artists', 'artist_id') }}

),

in_order as (

    select
        aliases.artist_id,
        aliases.alias,
        aliases.locale,
        aliases.kind,
        aliases.source,
        row_number() over (
            partition by aliases.artist_id, aliases.alias
            order by {{ source_place('aliases.source') | indent(12) }}, aliases.source
        ) as place
    from aliases
    inner join artists on aliases.artist_id = artists.artist_id

)

select
    artist_id,
    alias,
    min_by(locale, place) filter (where locale is not null) as locale,
    min_by(kind, place) filter (where kind is not null) as kind,
    min_by(source, place) as source,
    {{ stamp_of_run() }} as changed_at
from in_order
group by artist_id, alias
