{#-
    Who is looked at is found by ids alone, so that points are read once for each side; and what a score is made of is
    what it is computed from.
-#}
{%- set size = point_size() -%}
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
    where kind = 'parameter'

),

found_in as (

    -- Where the model says that no cells are looked into, all are found in one, number 0.
    select
        cells.artist_id,
        case when parameters.probes > 0 then cells.cell else 0 end as cell
    from cells
    cross join parameters

),

looked_into as (

    select
        cells.artist_id,
        unnested.place % 65536 as cell
    from cells
    inner join scope on cells.artist_id = scope.artist_id
    cross join parameters
    cross join unnest(
        case when parameters.probes > 0 then cells.nearest_cells else array[cast(0 as bigint)] end
    ) as unnested (place)

),

candidates as (

    select
        looked_into.artist_id,
        others.artist_id as related_id,
        false as is_tied,
        0 as bonus
    from looked_into
    inner join found_in as others on looked_into.cell = others.cell
    left join links
        on
            looked_into.artist_id = links.artist_id
            and others.artist_id = links.related_id
    where
        looked_into.artist_id <> others.artist_id
        and links.artist_id is null
    union all
    -- Whom something ties to the owner is looked at wherever it lies.
    select
        links.artist_id,
        links.related_id,
        true as is_tied,
        links.together_bonus + links.related_bonus as bonus
    from links
    inner join scope on links.artist_id = scope.artist_id

),

pairs as (

    -- Who cannot be compared is in the lists of artists alone that it is tied to.
    select
        candidates.artist_id,
        owners.model_version,
        candidates.related_id,
        2 * parameters.complete - candidates.bonus as apart,
        2 * {{ block_product('owners.vector', 'others.vector', 1, ends.era) }} as genre_part,
        2 * {{ block_product('owners.vector', 'others.vector', ends.era + 1, ends.popularity) }} as era_part,
        2 * {{ block_product('owners.vector', 'others.vector', ends.popularity + 1, ends.sound) }}
            as popularity_part,
        2 * {{ block_product('owners.vector', 'others.vector', ends.sound + 1, size) }}
        - (owners.span + others.span - 2 * parameters.complete) as sound_part
    from candidates
    inner join points as owners on candidates.artist_id = owners.artist_id
    inner join points as others on candidates.related_id = others.artist_id
    cross join parameters
    where
        others.is_listed
        and (others.is_compared or candidates.is_tied)

),

scored as (

    select
        pairs.*,
        greatest(
            least(
                pairs.apart - pairs.genre_part - pairs.era_part - pairs.popularity_part - pairs.sound_part,
                1000000
            ),
            0
        ) as millionths
    from pairs

),

ranked as (

    select
        scored.*,
        row_number() over (
            partition by scored.artist_id
            order by scored.millionths, scored.related_id
        ) as rank
    from scored

),

entries as (

    select *
    from ranked
    where rank <= {{ var('similar_artists') }}

)

-- Who is near nobody or is gone has a row all the same: the standing list is taken away.
select
    scope.artist_id,
    entries.model_version,
    cast(entries.rank as integer) as rank,
    entries.related_id,
    entries.millionths,
    entries.genre_part,
    entries.era_part,
    entries.popularity_part,
    entries.sound_part
from scope
left join entries on scope.artist_id = entries.artist_id
