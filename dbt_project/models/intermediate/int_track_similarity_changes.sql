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
{%- set columns = adapter.get_columns_in_relation(basis) | map(attribute='name') | reject('equalto', 'track_id') | list %},

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
        {%- for column in columns %}
        or points.{{ column }} is distinct from basis.{{ column }}
        {%- endfor %}

)

select
    track_id,
    artist_id,
    is_best_known,
    cell
from pairs
union
select
    track_id,
    artist_id_before as artist_id,
    is_best_known_before as is_best_known,
    cell_before as cell
from pairs
{%- endif %}
