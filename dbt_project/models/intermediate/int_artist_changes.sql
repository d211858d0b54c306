{%- set there = is_partial() and built('int_artist_cells') and built('artist_similarity') -%}
{%- set basis = built('int_artist_similarity_basis') if there else none -%}
with

present as (

    {{ similarity_basis() | indent(4) }}

)
{%- if not basis %}

select
    artist_id,
    'changed' as what
from present
{%- else %},

basis as (

    select * from {{ basis }}

),

with_a_list as (

    select distinct artist_id
    from {{ built('artist_similarity') }}

),

-- Told by comparing, so that nothing is overlooked that came another way or whose run died before its lists.
compared as (

    select
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
    what
from compared
where what is not null
{%- endif %}
