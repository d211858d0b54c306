{%- set lists = standing(this.identifier) if standing('int_track_similarity_basis') else none -%}

with

vectors as (

    select * from {{ ref('int_track_vectors') }}

),

scope as (

    select * from {{ ref('int_track_similarity_scope') }}

),

recordings as (

    select * from {{ ref('int_track_recordings') }}

),

joined as (

    select
        vectors.*,
        recordings.isrc,
        recordings.artist_title,
        row_number() over (order by vectors.track_id) as number
    from vectors
    inner join recordings on vectors.track_id = recordings.track_id

),

numbered as (

    -- What versions of one recording share, as numbers; a track that has none of it gets its own.
    select
        joined.*,
        case
            when joined.isrc is null then -joined.number
            else dense_rank() over (order by joined.isrc)
        end as isrc_number,
        case
            when joined.artist_title is null then -joined.number
            else dense_rank() over (order by joined.artist_title)
        end as title_number
    from joined

),

owners as (

    select numbered.number
    from numbered
    inner join scope on numbered.track_id = scope.track_id

),

neighbours as (

    {{
        nearest_neighbours(
            'owners', 'numbered', var('similar_tracks'), apart=['isrc_number', 'title_number']
        ) | indent(4)
    }}

),

computed as (

    select
        owner.track_id,
        cast(neighbours.rank as integer) as rank,
        related.track_id as related_track_id,
        {{ score('neighbours.millionths') }} as score,
        owner.model_version,
        {{ close_features('owner', 'related') | indent(8) }} as close_features
    from neighbours
    inner join numbered as owner on neighbours.number = owner.number
    inner join numbered as related on neighbours.neighbour = related.number

)

select
    track_id,
    rank,
    related_track_id,
    score,
    model_version,
    close_features
from computed
{%- if lists %}
union all
select
    standing.track_id,
    standing.rank,
    standing.related_track_id,
    standing.score,
    standing.model_version,
    standing.close_features
from {{ lists }} as standing
inner join vectors on standing.track_id = vectors.track_id
left join scope on standing.track_id = scope.track_id
where scope.track_id is null
{%- endif %}
