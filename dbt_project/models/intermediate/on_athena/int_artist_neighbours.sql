{%- set size = point_size() -%}
{%- set shift = 2147483648 -%}
{%- set ends = {
    'era': var('genre_dimensions'),
    'popularity': var('genre_dimensions') + var('era_dimensions'),
    'sound': size - (var('similarity_features') | length),
} -%}
with

points as (

    select * from {{ ref('int_artist_points') }}

),

cells as (

    select * from {{ ref('int_artist_cells') }}

),

scope as (

    select * from {{ ref('int_artist_similarity_scope') }}

),

links as (

    select * from {{ ref('int_artist_links') }}

),

model_vectors as (

    select * from {{ ref('stg_similarity_model__vectors') }}

),

parameters as (

    select
        {{ parameter('complete') }} as complete,
        {{ parameter('probes') }} as probes
    from model_vectors

),

numbered as (

    select
        points.artist_id,
        points.model_version,
        points.is_listed,
        points.is_compared,
        points.vector,
        {{ dense('points.vector', size) }} as point,
        points.span,
        cells.cell,
        cells.nearest_cells,
        row_number() over (order by points.artist_id) as number
    from points
    inner join cells on points.artist_id = cells.artist_id

),

-- Who may be in lists; who cannot be compared only in those of artists that it is tied to.
listed as (

    select
        number,
        point,
        span,
        cell,
        is_compared
    from numbered
    where is_listed

),

owners as (

    select numbered.*
    from numbered
    inner join scope on numbered.artist_id = scope.artist_id

),

near_at_hand as (

    select
        owners.number,
        min({{ gap('owners', 'listed') }}, {{ var('similar_artists') }}) as gaps
    from owners
    inner join listed on owners.cell = listed.cell
    where
        listed.is_compared
        and owners.number <> listed.number
    group by owners.number

),

bounded as (

    -- The last of as many as a list holds in the own cell: the list's own last is no farther.
    select
        owners.*,
        coalesce({{ array_element('near_at_hand.gaps', var('similar_artists')) }}, 1000000) as radius
    from owners
    left join near_at_hand on owners.number = near_at_hand.number

),

looked_into as (

    select
        bounded.number,
        bounded.point,
        bounded.span,
        bounded.radius,
        unnested.place % 65536 as cell
    from bounded
    cross join unnest(bounded.nearest_cells) as unnested (place)
    cross join parameters
    where parameters.probes > 0

),

all_round as (

    select
        bounded.number,
        bounded.point,
        bounded.span,
        bounded.radius
    from bounded
    cross join parameters
    where parameters.probes = 0

),

near as (

    select
        looked_into.number,
        listed.number as neighbour,
        {{ gap('looked_into', 'listed') }} as millionths
    from looked_into
    inner join listed on looked_into.cell = listed.cell
    where
        listed.is_compared
        and {{ gap('looked_into', 'listed') }} <= looked_into.radius
    union all
    select
        all_round.number,
        listed.number as neighbour,
        {{ gap('all_round', 'listed') }} as millionths
    from all_round
    inner join listed on {{ gap('all_round', 'listed') }} <= all_round.radius
    where listed.is_compared

),

tied as (

    -- Whom something ties to the owner is looked at wherever it lies.
    select
        owners.number,
        listed.number as neighbour,
        {{ gap('owners', 'listed') }} - links.together_bonus - links.related_bonus as millionths
    from links
    inner join numbered as owner on links.artist_id = owner.artist_id
    inner join numbered as related on links.related_id = related.artist_id
    inner join owners on owner.number = owners.number
    inner join listed on related.number = listed.number

),

candidates as (

    select
        near.number,
        near.neighbour,
        near.millionths
    from near
    left join tied
        on
            near.number = tied.number
            and near.neighbour = tied.neighbour
    where
        near.number <> near.neighbour
        and tied.number is null
    union all
    select
        number,
        neighbour,
        millionths
    from tied

),

chosen as (

    -- Score and number compete as one whole number, which is several times faster than a pair of values.
    select
        number,
        min(
            greatest(least(millionths, 1000000), 0) * {{ shift }} + neighbour, {{ var('similar_artists') }}
        ) as places
    from candidates
    group by number

),

places as (

    select
        chosen.number,
        unnested.place
    from chosen
    cross join unnest(chosen.places) as unnested (place)

),

neighbours as (

    select
        number,
        place % {{ shift }} as neighbour,
        place / {{ shift }} as millionths,
        row_number() over (partition by number order by place) as rank
    from places

),

entries as (

    select
        owners.artist_id,
        cast(neighbours.rank as integer) as rank,
        related.artist_id as related_id,
        neighbours.millionths,
        2 * {{ block_product('owners.vector', 'related.vector', 1, ends.era) }} as genre_part,
        2 * {{ block_product('owners.vector', 'related.vector', ends.era + 1, ends.popularity) }} as era_part,
        2 * {{ block_product('owners.vector', 'related.vector', ends.popularity + 1, ends.sound) }}
            as popularity_part,
        2 * {{ block_product('owners.vector', 'related.vector', ends.sound + 1, size) }}
        - (owners.span + related.span - 2 * parameters.complete) as sound_part
    from neighbours
    cross join parameters
    inner join numbered as owners on neighbours.number = owners.number
    inner join numbered as related on neighbours.neighbour = related.number

)

-- Who is near nobody or is gone has a row all the same: the standing list is taken away.
select
    scope.artist_id,
    owners.model_version,
    entries.rank,
    entries.related_id,
    entries.millionths,
    entries.genre_part,
    entries.era_part,
    entries.popularity_part,
    entries.sound_part
from scope
left join owners on scope.artist_id = owners.artist_id
left join entries on scope.artist_id = entries.artist_id
