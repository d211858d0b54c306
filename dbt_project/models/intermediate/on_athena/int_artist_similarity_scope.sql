{#-
    The artists whose list this run makes anew: of artists that changed; that hold one that changed or is gone; that a
    changed one is near enough to enter, or is tied to.
-#}
{%- set lists = built('artist_similarity') if is_partial() else none -%}
{%- set size = point_size() -%}
-- What is read where there are standing lists:
-- depends_on: {{ ref('int_artist_points') }}
-- depends_on: {{ ref('int_artist_links') }}
-- depends_on: {{ ref('int_artist_cells') }}
-- depends_on: {{ ref('stg_similarity_model__vectors') }}
with

changes as (

    select * from {{ ref('int_artist_changes') }}

)
{%- if not lists %}

select artist_id
from changes
{%- else %},

points as (

    select * from {{ ref('int_artist_points') }}

),

links as (

    select * from {{ ref('int_artist_links') }}

),

cells as (

    select * from {{ ref('int_artist_cells') }}

),

lists as (

    select * from {{ lists }}

),

model_vectors as (

    select * from {{ ref('stg_similarity_model__vectors') }}

),

parameters as (

    select {{ parameter('probes') }} as probes
    from model_vectors

),

changed as (

    select artist_id
    from changes
    where what <> 'without a list'

),

unchanged as (

    select cells.artist_id
    from cells
    left join changes on cells.artist_id = changes.artist_id
    where changes.artist_id is null

),

reach as (

    -- How near another must come to enter the list of one that did not change.
    select
        lists.artist_id,
        case
            when count(*) = {{ var('similar_artists') }} then max({{ millionths_of_score('lists.score') }})
            else 1000000
        end as millionths
    from lists
    inner join unchanged on lists.artist_id = unchanged.artist_id
    group by lists.artist_id

),

bounded as (

    select
        points.artist_id,
        points.span,
        {{ dense('points.vector', size) }} as point,
        cells.nearest_cells,
        reach.millionths
    from points
    inner join cells on points.artist_id = cells.artist_id
    inner join reach on points.artist_id = reach.artist_id

),

newcomers as (

    select
        points.artist_id,
        points.span,
        {{ dense('points.vector', size) }} as point,
        cells.cell
    from points
    inner join cells on points.artist_id = cells.artist_id
    inner join changed on points.artist_id = changed.artist_id
    where
        points.is_listed
        and points.is_compared

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

    select artist_id from changes
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

)

select artist_id
from affected
{%- endif %}
