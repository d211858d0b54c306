{#-
    Every pair that is looked at brings along what its score is made of, so that each side's points are read once.
-#}
{%- set size = point_size() -%}
{%- set ends = {
    'era': var('genre_dimensions'),
    'popularity': var('genre_dimensions') + var('era_dimensions'),
    'sound': size - (var('similarity_features') | length),
} -%}
{%- set parts -%}
2 * {{ block_product('owners.vector', 'others.vector', 1, ends.era) }} as genre_part,
        2 * {{ block_product('owners.vector', 'others.vector', ends.era + 1, ends.popularity) }} as era_part,
        2 * {{ block_product('owners.vector', 'others.vector', ends.popularity + 1, ends.sound) }}
            as popularity_part,
        2 * {{ block_product('owners.vector', 'others.vector', ends.sound + 1, size) }}
        - (owners.span + others.span - 2 * owners.complete) as sound_part
{%- endset -%}
{#- A radius pays where many lists are made; for those of a refresh it costs more to read than it saves. -#}
{%- set bounds = not is_partial() -%}
{%- set farthest = 1000000 -%}
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

listed as (

    -- Who may be in lists; who cannot be compared only in those of artists that it is tied to.
    -- Where the model says that no cells are looked into, all are found in one, number 0.
    select
        points.artist_id,
        points.is_compared,
        points.vector,
        {{ dense('points.vector', size) }} as point,
        points.span,
        cells.cell,
        case when parameters.probes > 0 then cells.cell else 0 end as found_in
    from points
    inner join cells on points.artist_id = cells.artist_id
    cross join parameters
    where points.is_listed

),

owners as (

    select
        points.artist_id,
        points.model_version,
        points.vector,
        {{ dense('points.vector', size) }} as point,
        points.span,
        cells.cell,
        case
            when parameters.probes > 0 then cells.nearest_cells
            else array[cast(0 as bigint)]
        end as nearest_cells,
        parameters.complete
    from points
    inner join cells on points.artist_id = cells.artist_id
    inner join scope on points.artist_id = scope.artist_id
    cross join parameters

),
{%- if bounds %}

near_at_hand as (

    -- The last of as many as a list holds in the own cell: the list's own last is no farther.
    select
        owners.artist_id,
        min({{ gap('owners', 'others') }}, {{ var('similar_artists') }}) as gaps
    from owners
    inner join listed as others on owners.cell = others.cell
    where
        others.is_compared
        and owners.artist_id <> others.artist_id
    group by owners.artist_id

),

bounded as (

    select
        owners.*,
        coalesce({{ array_element('near_at_hand.gaps', var('similar_artists')) }}, {{ farthest }}) as radius
    from owners
    left join near_at_hand on owners.artist_id = near_at_hand.artist_id

),
{%- else %}

bounded as (

    select
        owners.*,
        {{ farthest }} as radius
    from owners

),
{%- endif %}

looked_into as (

    select
        bounded.*,
        unnested.place % 65536 as looks_into
    from bounded
    cross join unnest(bounded.nearest_cells) as unnested (place)

),

pairs as (

    select
        owners.artist_id,
        owners.model_version,
        others.artist_id as related_id,
        {{ gap('owners', 'others') }} as millionths,
        {{ parts }}
    from looked_into as owners
    inner join listed as others on owners.looks_into = others.found_in
    left join links
        on
            owners.artist_id = links.artist_id
            and others.artist_id = links.related_id
    where
        others.is_compared
        and owners.artist_id <> others.artist_id
        and links.artist_id is null
        and {{ gap('owners', 'others') }} <= owners.radius
    union all
    -- Whom something ties to the owner is looked at wherever it lies.
    select
        owners.artist_id,
        owners.model_version,
        others.artist_id as related_id,
        {{ gap('owners', 'others') }} - links.together_bonus - links.related_bonus as millionths,
        {{ parts }}
    from links
    inner join owners on links.artist_id = owners.artist_id
    inner join listed as others on links.related_id = others.artist_id

),

scored as (

    select
        artist_id,
        model_version,
        related_id,
        greatest(least(millionths, {{ farthest }}), 0) as millionths,
        genre_part,
        era_part,
        popularity_part,
        sound_part
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
