{#- Who stays in place is told by comparing arrays, which is proven on DuckDB only: Athena places all anew -#}
{%- set known = standing(this.identifier) if target.type == 'duckdb' else none -%}
{%- set size = point_size() -%}
with

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
{%- if known %}

kept as ( -- noqa: ST03

    select
        known.artist_id,
        known.model_version,
        known.vector,
        known.cell,
        known.nearest_cells
    from {{ known }} as known
    inner join points
        on
            known.artist_id = points.artist_id
            and known.model_version = points.model_version
            and known.vector = points.vector

),
{%- endif %}

unplaced as (

    select
        points.artist_id,
        points.model_version,
        points.vector,
        {{ dense('points.vector', size) }} as point,
        cast(round(sqrt(cast(points.lacking as double))) as bigint) as lack
    from points
    {%- if known %}
    left join kept on points.artist_id = kept.artist_id
    where kept.artist_id is null
    {%- endif %}

),

apart as (

    -- Squared distances less what is the same for every cell; adding a million makes them positive.
    select
        unplaced.artist_id,
        cells.cell,
        1000000 + cells.squared_length
        - 2 * {{ dot_product('unplaced.point', 'cells.point', size) }} as distance,
        2 * unplaced.lack * cells.lack as nearer
    from unplaced
    cross join cells

),

placed as (

    select
        artist_id,
        cast(min((distance - nearer + 1000000) * 65536 + cell) % 65536 as integer) as cell,
        min(distance * 65536 + cell, {{ var('cells_looked_into') }}) as nearest_cells
    from apart
    group by artist_id

)

select
    unplaced.artist_id,
    unplaced.model_version,
    unplaced.vector,
    placed.cell,
    placed.nearest_cells
from unplaced
inner join placed on unplaced.artist_id = placed.artist_id
{%- if known %}
union all
select
    artist_id,
    model_version,
    vector,
    cell,
    nearest_cells
from kept
{%- endif %}
