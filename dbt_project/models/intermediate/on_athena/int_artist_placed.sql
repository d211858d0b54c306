{%- set size = point_size() -%}
with

changes as (

    select * from {{ ref('int_artist_changes') }}

),

points as (

    select * from {{ ref('int_artist_points') }}

),

model_vectors as (

    select * from {{ ref('stg_similarity_model__vectors') }}

),

cells as (

    select
        cast(name as integer) as cell,
        {{ dense('vector', size) }} as point,
        cast(vector[{{ size + 1 }}] as bigint) as lack,
        cast(vector[{{ size + 2 }}] as bigint) as squared_length
    from model_vectors
    where kind = 'cell'

),

changed as (

    select
        points.artist_id,
        points.model_version,
        {{ dense('points.vector', size) }} as point,
        cast(round(sqrt(cast(points.lacking as double))) as bigint) as lack
    from points
    inner join changes on points.artist_id = changes.artist_id

),

apart as (

    -- Squared distances less what is the same for every cell; adding a million makes them positive.
    select
        changed.artist_id,
        changed.model_version,
        cells.cell,
        1000000 + cells.squared_length
        - 2 * {{ dot_product('changed.point', 'cells.point', size) }} as distance,
        2 * changed.lack * cells.lack as nearer
    from changed
    cross join cells

)

select
    artist_id,
    model_version,
    cast(min((distance - nearer + 1000000) * 65536 + cell) % 65536 as integer) as cell,
    min(distance * 65536 + cell, {{ var('cells_looked_into') }}) as nearest_cells
from apart
group by artist_id, model_version
