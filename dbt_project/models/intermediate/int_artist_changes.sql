{#-
    What each list is made from, in one digest: the artist's point and sound, its genres, whom it is tied to, how much
    they weigh and over which song; of artists that can be compared or are tied to somebody.
-#}
{%- set there = is_partial() and built('int_artist_cells') and built('artist_similarity') -%}
{%- set basis = built('int_artist_similarity_basis') if there else none -%}

-- depends_on: {{ ref('int_renewed_artists') }}
with

points as (

    select * from {{ ref('int_artist_points') }}

),

artists as (

    select * from {{ ref('dim_artists') }}

),

links as (

    select * from {{ ref('int_artist_links') }}

),

linked as (

    select
        artist_id,
        array_agg(
            related_id
            || ' ' || cast(together_bonus as varchar)
            || ' ' || cast(related_bonus as varchar)
            || ' ' || coalesce(shared_track, '')
            order by related_id
        ) as links
    from links
    group by artist_id

),

present as (

    select
        points.artist_id,
        {{ digest(['points.digest'], ['artists.genres', 'linked.links']) | indent(8) }} as digest
    from points
    inner join artists on points.artist_id = artists.artist_id
    left join linked on points.artist_id = linked.artist_id
    where
        points.is_compared
        or linked.artist_id is not null

)
{%- if not basis %}

select
    artist_id,
    'changed' as what,
    digest
from present
{%- else %},

doubted as (

    select artist_id
    from {{ ref('int_renewed_artists') }}
    where is_doubted

),

basis as (

    select
        coalesce(basis.artist_id, doubted.artist_id) as artist_id,
        case when doubted.artist_id is null then basis.digest end as digest
    from {{ basis }} as basis
    full outer join doubted on basis.artist_id = doubted.artist_id

),

with_a_list as (

    select artist_id
    from {{ built('artist_similarity') }}
    where rank = 1

),

-- Told by comparing, so that nothing is overlooked that came another way or whose run died before its lists.
compared as (

    select
        present.digest,
        coalesce(present.artist_id, basis.artist_id) as artist_id,
        case
            when present.artist_id is null then 'gone'
            when basis.digest is null or basis.digest <> present.digest then 'changed'
            when with_a_list.artist_id is null then 'without a list'
        end as what
    from present
    full outer join basis on present.artist_id = basis.artist_id
    left join with_a_list on present.artist_id = with_a_list.artist_id

)

select
    artist_id,
    what,
    digest
from compared
where what is not null
{%- endif %}
