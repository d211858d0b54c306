{{
    config(
        materialized='renewed',
        unique_key=['track_id', 'rank'],
        ranks=var('similar_tracks'),
        renewed_by={'track_id': 'int_track_similarity_scope.track_id'},
        ids_a_part=var('songs_a_part'),
    )
}}

{%- set size = var('similar_tracks') -%}
{%- set same_artist_at_most = var('songs_of_one_artist') -%}
{%- set no_kin = 'cast(null as bigint)' -%}
{%- set kindred_key = song_key(song_millionths('owners', 'songs', 'akin.kin_rank'), 'songs.number') -%}
{%- set stranger_key = song_key(song_millionths('owners', 'songs', no_kin), 'songs.number') -%}
{%- set apart -%}
    owners.number <> songs.number
    and owners.isrc_number <> songs.isrc_number
    and owners.title_number <> songs.title_number
{%- endset -%}
{#-
    A radius, and leaving out whose list is settled, spare work, for which a refresh reads the songs again; and Athena
    bills what is read.
-#}
{%- set bounds = target.type == 'duckdb' or not is_partial() -%}

with

points as (

    select * from {{ ref('int_track_points') }}

),

akin as (

    select * from {{ ref('int_artist_kin') }}

),

scope as (

    select * from {{ ref('int_track_similarity_scope') }}

),

songs as (

    -- One version of each recording, the best known, is there to be named.
    select *
    from points
    where is_named

),

owners as (

    -- Without the songs that went, which stand there to lose their lists.
    select *
    from scope
    where
        number is not null
        and {{ in_part('number') }}

),

best_known as (

    select *
    from songs
    where is_best_known

),

kindred as (

    -- The best known songs of the same artist and of similar ones, at most two of each. What must differ is
    -- asked of the pairs: as a condition of the join it makes DuckDB pair all songs with all.
    select
        owners.number,
        songs.artist_number,
        min({{ kindred_key }}, {{ same_artist_at_most }}) filter (where {{ apart }}) as song_keys
    from owners
    inner join akin on owners.artist_number = akin.artist_number
    inner join best_known as songs on akin.kin_number = songs.artist_number
    group by owners.number, songs.artist_number

),

kindred_keys as (

    select
        kindred.number,
        kindred.artist_number,
        unnested.song_key
    from kindred
    cross join unnest(kindred.song_keys) as unnested (song_key)

),

kindred_places as (

    select
        number,
        artist_number,
        song_key,
        row_number() over (partition by number order by song_key) as place
    from kindred_keys

),

kindred_lists as (

    select
        number,
        artist_number,
        song_key,
        place
    from kindred_places
    where place <= {{ size }}

),
{%- if bounds %}

settled as (

    -- Nobody who is not akin can be nearer than any of these.
    select number
    from kindred_lists
    where
        place = {{ size }}
        and {{ millionths_of('song_key') }} < {{ strangers_millionths() }}

),

open_to_strangers as (

    select owners.*
    from owners
    left join settled on owners.number = settled.number
    where settled.number is null

),

near_at_hand as (

    -- More than enough to bound how far the farthest entry of a list can be.
    select
        owners.number,
        min({{ stranger_key }}, {{ size * 4 }}) filter (where {{ apart }}) as song_keys
    from open_to_strangers as owners
    inner join songs on owners.cell = songs.cell
    group by owners.number

),

near_keys as (

    select
        near_at_hand.number,
        unnested.song_key
    from near_at_hand
    cross join unnest(near_at_hand.song_keys) as unnested (song_key)

),

strangers_near as (

    select
        near_keys.number,
        songs.artist_number,
        near_keys.song_key
    from near_keys
    inner join owners on near_keys.number = owners.number
    inner join songs on {{ song_of('near_keys.song_key') }} = songs.number
    left join akin
        on
            owners.artist_number = akin.artist_number
            and songs.artist_number = akin.kin_number
    where akin.kin_rank is null

),

at_hand as (

    select
        number,
        artist_number,
        song_key
    from strangers_near
    union all
    select
        number,
        artist_number,
        song_key
    from kindred_lists

),

first_places as (

    select
        number,
        song_key,
        row_number() over (partition by number, artist_number order by song_key) as place_of_artist
    from at_hand

),

bounds as (

    select
        number,
        song_key,
        row_number() over (partition by number order by song_key) as place
    from first_places
    where place_of_artist <= {{ same_artist_at_most }}

),

bounded as (

    select
        open_to_strangers.number,
        coalesce(bounds.song_key, {{ song_key('1000000', '2147483647') }}) as farthest_key
    from open_to_strangers
    left join bounds
        on
            open_to_strangers.number = bounds.number
            and bounds.place = {{ size }}

),
{%- endif %}

nearest_cells as (

    {{ nearest_song_cells('open_to_strangers' if bounds else 'owners', 'number', 'points') | indent(4) }}

),

cell_keys as (

    select
        nearest_cells.number,
        unnested.cell_key
    from nearest_cells
    cross join unnest(nearest_cells.cell_keys) as unnested (cell_key)

),

probes as (

    -- Nobody in a cell is nearer than its border.
    select
        owners.*,
        {%- if bounds %}
        bounded.farthest_key,
        {%- endif %}
        {{ song_of('cell_keys.cell_key') }} as probed_cell
    from cell_keys
    inner join owners on cell_keys.number = owners.number
    {%- if bounds %}
    inner join bounded
        on
            cell_keys.number = bounded.number
            and {{ strangers_millionths(millionths_of('cell_keys.cell_key')) }}
            <= {{ millionths_of('bounded.farthest_key') }}
    {%- endif %}

),

within_reach as (

    select
        owners.number,
        owners.artist_number as owner_artist_number,
        songs.artist_number,
        {{ stranger_key }} as song_key
    from probes as owners
    inner join songs on owners.probed_cell = songs.cell
    where
        {{ apart }}
        {{ 'and ' ~ stranger_key ~ ' <= owners.farthest_key' if bounds }}

),

strangers as (

    -- By places, which DuckDB can spill: where nobody is akin, there are millions of these.
    select
        within_reach.number,
        within_reach.song_key,
        row_number() over (
            partition by within_reach.number, within_reach.artist_number
            order by within_reach.song_key
        ) as place_of_artist
    from within_reach
    left join akin
        on
            within_reach.owner_artist_number = akin.artist_number
            and within_reach.artist_number = akin.kin_number
    where akin.kin_rank is null

),

candidates as (

    select
        number,
        song_key
    from kindred_lists
    union all
    select
        number,
        song_key
    from strangers
    where place_of_artist <= {{ same_artist_at_most }}

),

places as (

    select
        number,
        {{ song_of('song_key') }} as song_number,
        {{ millionths_of('song_key') }} as millionths,
        row_number() over (partition by number order by song_key) as rank
    from candidates

),

computed as (

    select
        owners.track_id,
        cast(places.rank as integer) as rank,
        songs.track_id as related_track_id,
        {{ score('places.millionths') }} as score,
        owners.model_version,
        {{ score(sound_millionths('owners', 'songs')) }} as sound_score,
        cast(akin.kin_rank as integer) as artist_rank,
        cast(abs(owners.release_year - songs.release_year) as integer) as years_apart,
        {{ close_features('owners', 'songs') | indent(8) }} as close_features
    from places
    inner join owners on places.number = owners.number
    inner join songs on places.song_number = songs.number
    left join akin
        on
            owners.artist_number = akin.artist_number
            and songs.artist_number = akin.kin_number
    where places.rank <= {{ size }}

)

{%- set columns = [
    'track_id', 'rank', 'related_track_id', 'score', 'model_version', 'sound_score', 'artist_rank', 'years_apart',
    'close_features',
] %}

select
    {{ columns | join(',\n    ') }},
    {{ stamp_of_run() }} as changed_at
from computed
