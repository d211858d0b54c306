{#-
    The artists whose list this run makes anew. Without standing lists all of them; with them those that can differ:
    of artists that are new or changed; that hold one that changed or vanished; that a new or changed one is near
    enough to enter, or is tied to; and those that are missing. What changed is told by comparing, so that nothing
    is overlooked that reached staging on another way or whose run died before its lists were made.
-#}
{%- set lists = standing('artist_similarity') -%}
{%- set basis = standing('int_artist_similarity_basis') -%}
{%- set size = point_size() -%}
-- What is read where there are standing lists:
-- depends_on: {{ ref('int_artist_links') }}
-- depends_on: {{ ref('int_artist_points') }}
-- depends_on: {{ ref('int_artist_vectors') }}
-- depends_on: {{ ref('dim_artists') }}
-- depends_on: {{ ref('stg_similarity_model__vectors') }}
with

cells as (

    select * from {{ ref('int_artist_cells') }}

)
{%- if not (lists and basis) %}

select artist_id
from cells
{%- else %},

links as (

    select * from {{ ref('int_artist_links') }}

),

model_vectors as (

    select * from {{ ref('stg_similarity_model__vectors') }}

),

present as (

    {{ similarity_basis() | indent(4) }}

),

basis as (

    select * from {{ basis }}

),

lists as (

    select * from {{ lists }}

),

parameters as (

    select
        model_version,
        {{ parameter('probes') }} as probes
    from model_vectors
    group by model_version

),

other_models as (

    -- Made by another model than the present one, every list is out of date.
    select distinct basis.model_version
    from basis
    left join parameters on basis.model_version = parameters.model_version
    where parameters.model_version is null

),

gone as (

    select {{ similarity_basis_columns() }}
    from basis
    except
    select {{ similarity_basis_columns() }}
    from present

),

come as (

    select {{ similarity_basis_columns() }}
    from present
    except
    select {{ similarity_basis_columns() }}
    from basis

),

differing as (

    select artist_id
    from gone
    union all
    select artist_id
    from come

),

changed as (

    select distinct artist_id
    from differing
    where not exists (select 1 from other_models)

),

reach as (

    -- How near another must come to enter a list.
    select
        artist_id,
        count(*) as entries,
        max({{ millionths_of_score('score') }}) as millionths
    from lists
    group by artist_id

),

bounded as (

    select
        cells.artist_id,
        present.span,
        {{ dense('cells.vector', size) }} as point,
        cells.nearest_cells,
        case
            when reach.entries = {{ var('similar_artists') }} then reach.millionths
            else 1000000
        end as millionths
    from cells
    inner join present on cells.artist_id = present.artist_id
    inner join reach on cells.artist_id = reach.artist_id
    where exists (select 1 from changed)

),

newcomers as (

    select
        cells.artist_id,
        present.span,
        {{ dense('cells.vector', size) }} as point,
        cells.cell
    from cells
    inner join present on cells.artist_id = present.artist_id
    inner join changed on cells.artist_id = changed.artist_id
    where present.is_listed

),

looked_into as (

    select
        bounded.artist_id,
        bounded.span,
        bounded.point,
        bounded.millionths,
        unnested.place % 65536 as cell
    from bounded
    cross join unnest(bounded.nearest_cells) as unnested (place)
    cross join parameters
    where parameters.probes > 0

),

all_round as (

    select bounded.*
    from bounded
    cross join parameters
    where parameters.probes = 0

),

affected as (

    select artist_id from changed
    union
    select lists.artist_id
    from lists
    inner join changed on lists.related_id = changed.artist_id
    union
    select links.artist_id
    from links
    inner join changed on links.related_id = changed.artist_id
    union
    select looked_into.artist_id
    from looked_into
    inner join newcomers on looked_into.cell = newcomers.cell
    where {{ gap('looked_into', 'newcomers') }} <= looked_into.millionths
    union
    select all_round.artist_id
    from all_round
    inner join newcomers on {{ gap('all_round', 'newcomers') }} <= all_round.millionths
    union
    select cells.artist_id
    from cells
    left join reach on cells.artist_id = reach.artist_id
    where
        reach.artist_id is null
        or exists (select 1 from other_models)

)

select cells.artist_id
from cells
inner join affected on cells.artist_id = affected.artist_id
{%- endif %}
