{#-
    A song that went is in it, too: what it had is removed. What a list is made of stands beside each, so that nobody
    reads it of all.
-#}
{%- set lists = built('track_similarity') if is_partial() else none -%}
{%- set basis = built('int_track_similarity_basis') if is_partial() else none -%}
{%- set kin_basis = built('int_track_similarity_kin') if is_partial() else none -%}

-- depends_on: {{ ref('int_artist_kin') }}
-- depends_on: {{ ref('int_track_similarity_changes') }}
with

points as (

    select * from {{ ref('int_track_points') }}

)

{%- if not (lists and basis and kin_basis) %}

select
    points.track_id,
    {{ 'points.' ~ var('similarity_features') | join(',\n    points.') }},
    points.model_version,
    points.artist_id,
    points.release_year,
    points.isrc_number,
    points.title_number,
    points.artist_number,
    points.cell,
    points.number
from points
{%- else %},

kin as (

    select * from {{ ref('int_artist_kin') }}

),

lists as (

    select * from {{ lists }}

),

kin_basis as (

    select * from {{ kin_basis }}

),

differing as (

    select * from {{ ref('int_track_similarity_changes') }}

),

differing_kin as (

    (
        select
            artist_id,
            kin_id,
            kin_rank
        from kin
        except
        select
            artist_id,
            kin_id,
            kin_rank
        from kin_basis
    )
    union all
    (
        select
            artist_id,
            kin_id,
            kin_rank
        from kin_basis
        except
        select
            artist_id,
            kin_id,
            kin_rank
        from kin
    )

),

affected_artists as (

    -- Other artists are akin, or one that is akin is best known for other songs.
    select artist_id
    from differing_kin
    union
    select kin.artist_id
    from kin
    inner join differing on kin.kin_id = differing.artist_id
    where differing.is_best_known

),

reach as (

    select
        track_id,
        count(*) as entries,
        max({{ millionths_of_score('score') }}) as millionths
    from lists
    group by track_id

),

open_to_strangers as (

    -- Songs of anybody can be in these lists, so they depend on the cells around them.
    select
        points.track_id,
        points.cell
    from points
    inner join reach on points.track_id = reach.track_id
    where
        reach.entries < {{ var('similar_tracks') }}
        or reach.millionths >= {{ strangers_millionths() }}

),

steps as (

    {{ song_cell_steps() | indent(4) }}

),

differing_cells as (

    select distinct cell
    from differing

),

probes as (

    select
        open_to_strangers.track_id,
        {{ song_cell_beside('open_to_strangers.cell', 'steps.step') | indent(8) }} as cell
    from open_to_strangers
    cross join steps

),

affected as (

    select track_id from differing
    union
    select points.track_id
    from points
    inner join affected_artists on points.artist_id = affected_artists.artist_id
    union
    select probes.track_id
    from probes
    inner join differing_cells on probes.cell = differing_cells.cell
    union
    select points.track_id
    from points
    left join reach on points.track_id = reach.track_id
    where reach.track_id is null

)

select
    affected.track_id,
    {{ 'points.' ~ var('similarity_features') | join(',\n    points.') }},
    points.model_version,
    points.artist_id,
    points.release_year,
    points.isrc_number,
    points.title_number,
    points.artist_number,
    points.cell,
    points.number
from affected
left join points on affected.track_id = points.track_id
{%- endif %}
