{#-
    Told by comparing, so that nothing is overlooked, whatever way it came: a song also changes by what others are, as
    when another version of it becomes the best known.
-#}
{%- set basis = built('int_track_similarity_basis') if is_partial() else none -%}
with

points as (

    select * from {{ ref('int_track_points') }}

)
{%- if not basis %}

select
    track_id,
    artist_id,
    is_best_known,
    cell
from points
{%- else %}
{%- set columns = adapter.get_columns_in_relation(basis) | map(attribute='name') %},

basis as (

    select * from {{ basis }}

),

pairs as (

    select
        coalesce(points.track_id, basis.track_id) as track_id,
        points.artist_id,
        points.is_best_known,
        points.cell,
        basis.artist_id as artist_id_before,
        basis.is_best_known as is_best_known_before,
        basis.cell as cell_before
    from points
    full join basis on points.track_id = basis.track_id
    where
        points.track_id is null
        or basis.track_id is null
        {%- for column in columns if column != 'track_id' %}
        or points.{{ column }} is distinct from basis.{{ column }}
        {%- endfor %}

),

sides as (

    select true as is_now
    union all
    select false as is_now

)

select distinct
    pairs.track_id,
    case when sides.is_now then pairs.artist_id else pairs.artist_id_before end as artist_id,
    case when sides.is_now then pairs.is_best_known else pairs.is_best_known_before end as is_best_known,
    case when sides.is_now then pairs.cell else pairs.cell_before end as cell
from pairs
cross join sides
{%- endif %}
