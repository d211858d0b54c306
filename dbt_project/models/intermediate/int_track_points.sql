{%- set compared = var('similarity_features') + [
    'model_version',
    'artist_id',
    'release_year',
    'isrc',
    'artist_title',
    'is_named',
    'is_best_known',
    'cell',
] -%}
with

vectors as (

    select * from {{ ref('int_track_vectors') }}

),

recordings as (

    select * from {{ ref('int_track_recordings') }}

),

top_tracks as (

    select * from {{ ref('artist_top_tracks') }}

),

joined as (

    -- Known best first: as the artist's top tracks rank it, then by popularity.
    select
        vectors.*,
        recordings.artist_id,
        recordings.release_year,
        recordings.isrc,
        recordings.artist_title,
        coalesce(top_tracks.rank, 1000) as top_rank,
        -coalesce(recordings.popularity, -1) as obscurity,
        count(*) over () as n_tracks
    from vectors
    inner join recordings on vectors.track_id = recordings.track_id
    left join top_tracks
        on
            recordings.artist_id = top_tracks.artist_id
            and vectors.track_id = top_tracks.track_id

),

titled as (

    select
        joined.*,
        row_number() over (
            partition by coalesce(joined.artist_title, joined.track_id)
            order by joined.top_rank, joined.obscurity, joined.track_id
        ) as version_by_title
    from joined

),

versioned as (

    select
        titled.*,
        row_number() over (
            partition by coalesce(titled.isrc, titled.track_id)
            order by
                case when titled.version_by_title = 1 then 0 else 1 end,
                titled.top_rank,
                titled.obscurity,
                titled.track_id
        ) as version_by_isrc
    from titled

),

named as (

    select
        versioned.*,
        versioned.version_by_title = 1 and versioned.version_by_isrc = 1 as is_named
    from versioned

),

placed as (

    select
        named.*,
        row_number() over (
            partition by named.artist_id
            order by
                case when named.is_named then 0 else 1 end,
                named.top_rank,
                named.obscurity,
                named.track_id
        ) as place
    from named

),

numbered as (

    select
        placed.*,
        placed.is_named
        and placed.artist_id is not null
        and placed.place <= {{ var('best_known_songs') }} as is_best_known,
        cast({{ song_cell('n_tracks') }} as bigint) as cell,
        row_number() over (order by placed.track_id) as number
    from placed

)

select
    track_id,
    {{ var('similarity_features') | join(',\n    ') }},
    model_version,
    artist_id,
    release_year,
    isrc,
    artist_title,
    is_named,
    is_best_known,
    cell,
    {{ digest(compared) | indent(4) }} as digest,
    -- Artists and what versions of one recording share, as numbers; a song that has none gets its own.
    number,
    case when artist_id is null then -number else dense_rank() over (order by artist_id) end as artist_number,
    case when isrc is null then -number else dense_rank() over (order by isrc) end as isrc_number,
    case
        when artist_title is null then -number
        else dense_rank() over (order by artist_title)
    end as title_number
from numbered
