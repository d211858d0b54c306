{#-
    A song that went is in it, too: what it had is removed. What a list is made of stands beside each, so that nobody
    reads it of all.
-#}
{%- set lists = built('track_similarity') if is_partial() else none -%}
{%- set basis = built('int_track_similarity_basis') if is_partial() else none -%}
{%- set kin_basis = built('int_track_similarity_kin') if is_partial() else none -%}
{#- Cells tell which open lists a change can reach; Athena bills what that reads, not the lists it spares. -#}
{%- set by_cells = target.type == 'duckdb' -%}

-- depends_on: {{ ref('int_artist_kin') }}
-- depends_on: {{ ref('int_track_similarity_changes') }}
with

points as (

    select * from {{ ref('int_track_points') }}

)

{%- if not (lists and basis and kin_basis) %}

select
    points.track_id,
    {{ 'points.' ~ var('similarity_features') | join(',\n    points.') }},
    points.model_version,
    points.artist_id,
    points.release_year,
    points.isrc_number,
    points.title_number,
    points.artist_number,
    points.cell,
    points.number,
    points.is_best_known,
    points.digest
from points
{%- else %},

kin as (

    select * from {{ ref('int_artist_kin') }}

),

kin_basis as (

    select * from {{ kin_basis }}

),

differing as (

    select * from {{ ref('int_track_similarity_changes') }}

),

other_best_known as (

    select artist_id
    from differing
    where is_best_known
    union
    select artist_id_before as artist_id
    from differing
    where is_best_known_before

),

affected_artists as (

    -- Other artists are akin, or one that is akin is best known for other songs.
    select distinct coalesce(kin.artist_id, kin_basis.artist_id) as artist_id
    from kin
    full outer join kin_basis
        on
            kin.artist_id = kin_basis.artist_id
            and kin.kin_id = kin_basis.kin_id
            and kin.kin_rank = kin_basis.kin_rank
    left join other_best_known on kin.kin_id = other_best_known.artist_id
    where
        kin.artist_id is null
        or kin_basis.artist_id is null
        or other_best_known.artist_id is not null

),

open_lists as (

    select track_id
    from {{ basis }}
    where is_open

),
{%- if by_cells %}

differing_cells as (

    select cell
    from differing
    union
    select cell_before as cell
    from differing

),

open_to_strangers as (

    select points.*
    from points
    inner join open_lists on points.track_id = open_lists.track_id

),

nearest_cells as (

    {{ nearest_song_cells('open_to_strangers', 'track_id', 'points') | indent(4) }}

),

beside_changes as (

    select distinct nearest_cells.track_id
    from nearest_cells
    cross join unnest(nearest_cells.cell_keys) as unnested (cell_key)
    inner join differing_cells on {{ song_of('unnested.cell_key') }} = differing_cells.cell

),
{%- endif %}

reached as (

    select track_id
    from {{ 'beside_changes' if by_cells else 'open_lists' }}
    union
    -- Lists that a run made which died before it said of what.
    select track_id
    from {{ rows_since(lists, known_at_start()['int_refreshed_until'].written_at) }}

)

select
    coalesce(points.track_id, differing.track_id) as track_id,
    {{ 'points.' ~ var('similarity_features') | join(',\n    points.') }},
    points.model_version,
    points.artist_id,
    points.release_year,
    points.isrc_number,
    points.title_number,
    points.artist_number,
    points.cell,
    points.number,
    points.is_best_known,
    points.digest
from points
full outer join differing on points.track_id = differing.track_id
left join affected_artists on points.artist_id = affected_artists.artist_id
left join reached on points.track_id = reached.track_id
where
    differing.track_id is not null
    or affected_artists.artist_id is not null
    or reached.track_id is not null
{%- endif %}
