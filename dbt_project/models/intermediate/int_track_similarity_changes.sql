{#-
    Told by comparing, so that nothing is overlooked, whatever way it came: a song also changes by what others are, as
    when another version of it becomes the best known.
-#}
{%- set basis = built('int_track_similarity_basis') if is_partial() else none -%}

-- depends_on: {{ ref('int_renewed_tracks') }}
with

points as (

    select * from {{ ref('int_track_points') }}

)
{%- if not basis %}

select
    digest,
    artist_id,
    cell,
    cast(null as varchar) as artist_id_before,
    cast(null as bigint) as cell_before,
    track_id,
    is_best_known,
    false as is_best_known_before
from points
{%- else %},

doubted as (

    select track_id
    from {{ ref('int_renewed_tracks') }}
    where is_doubted

),

basis as (

    select
        basis.artist_id,
        basis.is_best_known,
        basis.cell,
        coalesce(basis.track_id, doubted.track_id) as track_id,
        case when doubted.track_id is null then basis.digest end as digest
    from {{ basis }} as basis
    full outer join doubted on basis.track_id = doubted.track_id

)

select
    points.digest,
    points.artist_id,
    points.cell,
    basis.artist_id as artist_id_before,
    basis.cell as cell_before,
    coalesce(points.track_id, basis.track_id) as track_id,
    coalesce(points.is_best_known, false) as is_best_known,
    coalesce(basis.is_best_known, false) as is_best_known_before
from points
full outer join basis on points.track_id = basis.track_id
where
    points.digest is null
    or basis.digest is null
    or points.digest <> basis.digest
{%- endif %}
