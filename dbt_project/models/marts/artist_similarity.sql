{%- set lists = standing(this.identifier) if standing('int_artist_similarity_basis') else none -%}

with

vectors as (

    select * from {{ ref('int_artist_vectors') }}

),

scope as (

    select * from {{ ref('int_artist_similarity_scope') }}

),

artists as (

    select * from {{ ref('dim_artists') }}

),

numbered as (

    select
        vectors.*,
        artists.genres,
        row_number() over (order by vectors.artist_id) as number
    from vectors
    inner join artists on vectors.artist_id = artists.artist_id

),

owners as (

    select numbered.number
    from numbered
    inner join scope on numbered.artist_id = scope.artist_id

),

neighbours as (

    {{ nearest_neighbours('owners', 'numbered', var('similar_artists')) | indent(4) }}

),

computed as (

    select
        owner.artist_id,
        cast(neighbours.rank as integer) as rank,
        related.artist_id as related_id,
        {{ score('neighbours.millionths') }} as score,
        owner.model_version,
        {{ shared_strings('owner.genres', 'related.genres') }} as shared_genres,
        {{ close_features('owner', 'related') | indent(8) }} as close_features
    from neighbours
    inner join numbered as owner on neighbours.number = owner.number
    inner join numbered as related on neighbours.neighbour = related.number

)

select
    artist_id,
    rank,
    related_id,
    score,
    model_version,
    shared_genres,
    close_features
from computed
{%- if lists %}
union all
select
    standing.artist_id,
    standing.rank,
    standing.related_id,
    standing.score,
    standing.model_version,
    standing.shared_genres,
    standing.close_features
from {{ lists }} as standing
inner join vectors on standing.artist_id = vectors.artist_id
left join scope on standing.artist_id = scope.artist_id
where scope.artist_id is null
{%- endif %}
