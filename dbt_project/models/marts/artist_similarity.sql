{%- set lists = standing(this.identifier) if standing('int_artist_similarity_basis') else none -%}
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

artists as (

    select * from {{ ref('dim_artists') }}

),

sounds as (

    select * from {{ ref('int_artist_vectors') }}

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
        points.vector,
        {{ dense('points.vector', size) }} as point,
        points.span,
        cells.cell,
        cells.nearest_cells,
        row_number() over (order by points.artist_id) as number
    from points
    inner join cells on points.artist_id = cells.artist_id

),

listed as (

    select
        number,
        point,
        span,
        cell
    from numbered
    where is_listed

),

owners as (

    select
        numbered.number,
        numbered.point,
        numbered.span,
        numbered.cell,
        numbered.nearest_cells
    from numbered
    inner join scope on numbered.artist_id = scope.artist_id

),

near_at_hand as (

    select
        owners.number,
        min({{ gap('owners', 'listed') }}, {{ var('similar_artists') }}) as gaps
    from owners
    inner join listed on owners.cell = listed.cell
    where owners.number <> listed.number
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
    where {{ gap('looked_into', 'listed') }} <= looked_into.radius
    union all
    select
        all_round.number,
        listed.number as neighbour,
        {{ gap('all_round', 'listed') }} as millionths
    from all_round
    inner join listed on {{ gap('all_round', 'listed') }} <= all_round.radius

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

named as (

    select
        owner.artist_id,
        cast(neighbours.rank as integer) as rank,
        related.artist_id as related_id,
        neighbours.millionths,
        owner.model_version,
        owner.vector,
        owner.span,
        related.vector as related_vector,
        related.span as related_span
    from neighbours
    inner join numbered as owner on neighbours.number = owner.number
    inner join numbered as related on neighbours.neighbour = related.number

),

computed as (

    select
        named.artist_id,
        named.rank,
        named.related_id,
        {{ score('named.millionths') }} as score,
        named.model_version,
        {{ shared_strings('owner.genres', 'related.genres') }} as shared_genres,
        case
            when owner_sound.artist_id is null or related_sound.artist_id is null then {{ empty_strings() }}
            else {{ close_features('owner_sound', 'related_sound') | indent(12) }}
        end as close_features,
        links.shared_track,
        2 * {{ block_product('named.vector', 'named.related_vector', 1, ends.era) }} / 1e6 as genre_part,
        2 * {{ block_product('named.vector', 'named.related_vector', ends.era + 1, ends.popularity) }} / 1e6
            as era_part,
        2 * {{ block_product('named.vector', 'named.related_vector', ends.popularity + 1, ends.sound) }} / 1e6
            as popularity_part,
        (
            2 * {{ block_product('named.vector', 'named.related_vector', ends.sound + 1, size) }}
            - (named.span + named.related_span - 2 * parameters.complete)
        ) / 1e6 as sound_part,
        coalesce(links.together_bonus, 0) / 1e6 as together_part,
        coalesce(links.related_bonus, 0) / 1e6 as related_part
    from named
    cross join parameters
    inner join artists as owner on named.artist_id = owner.artist_id
    inner join artists as related on named.related_id = related.artist_id
    left join sounds as owner_sound on named.artist_id = owner_sound.artist_id
    left join sounds as related_sound on named.related_id = related_sound.artist_id
    left join links
        on
            named.artist_id = links.artist_id
            and named.related_id = links.related_id

)

{%- set columns = [
    'artist_id', 'rank', 'related_id', 'score', 'model_version', 'shared_genres', 'close_features', 'shared_track',
    'genre_part', 'era_part', 'popularity_part', 'sound_part', 'together_part', 'related_part',
] %}

select
    {{ columns | join(',\n    ') }}
from computed
{%- if lists %}
union all
select
{%- for column in columns %}
    standing.{{ column }}{{ ',' if not loop.last }}
{%- endfor %}
from {{ lists }} as standing
inner join points on standing.artist_id = points.artist_id
left join scope on standing.artist_id = scope.artist_id
where scope.artist_id is null
{%- endif %}
