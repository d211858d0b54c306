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
    where kind = 'parameter'

),

changed as (

    select artist_id
    from changes
    where what <> 'without a list'

),

-- Where the model says that no cells are looked into, all look into one, number 0, and are found there.
newcomers as (

    select
        points.artist_id,
        points.span,
        {{ dense('points.vector', size) }} as point,
        case when parameters.probes > 0 then cells.cell else 0 end as found_in
    from points
    inner join cells on points.artist_id = cells.artist_id
    inner join changed on points.artist_id = changed.artist_id
    cross join parameters
    where
        points.is_listed
        and points.is_compared

),

reach as (

    -- How near another must come to enter a standing list, and whether one that changed is in it.
    select
        lists.artist_id,
        case
            when count(*) = {{ var('similar_artists') }} then max({{ millionths_of_score('lists.score') }})
            else 1000000
        end as millionths,
        count(changed.artist_id) > 0 as holds_changed
    from lists
    left join changed on lists.related_id = changed.artist_id
    group by lists.artist_id

),

looked_into as (

    select
        points.artist_id,
        points.span,
        {{ dense('points.vector', size) }} as point,
        reach.millionths,
        reach.holds_changed,
        unnested.place % 65536 as looks_into
    from points
    inner join cells on points.artist_id = cells.artist_id
    inner join reach on points.artist_id = reach.artist_id
    cross join parameters
    cross join unnest(
        case when parameters.probes > 0 then cells.nearest_cells else array[cast(0 as bigint)] end
    ) as unnested (place)

),

affected as (

    select artist_id from changes
    union
    select links.artist_id
    from links
    inner join changed on links.related_id = changed.artist_id
    union
    select looked_into.artist_id
    from looked_into
    left join newcomers on looked_into.looks_into = newcomers.found_in
    where
        looked_into.holds_changed
        or {{ gap('looked_into', 'newcomers') }} <= looked_into.millionths

)

select artist_id
from affected
{%- endif %}
