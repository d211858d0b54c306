{#-
    The cell of a song: which half of each feature it lies in, as one number. As many features count as make
    cells of `songs_per_cell`, of `n_tracks`; up to `song_cells_above` there is one cell. Halves of quantiles
    move with the model alone, so a song keeps its cell until it changes, a model is fitted or the catalogue
    has doubled.
-#}
{% macro song_cell(n_tracks) -%}
    {%- for feature in song_cell_features() %}
    case
        when {{ n_tracks }} > {{ songs_to_halve(loop.index0) }} and {{ feature }} > 0.5
            then {{ 2 ** loop.index0 }}
        else 0
    end
    {{- ' +' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The features that make cells, those that tell most apart first. -#}
{% macro song_cell_features() -%}
    {{ return(var('similarity_features') | list) }}
{%- endmacro %}

{#- How many songs there must be more than for the feature at this place to make cells. -#}
{% macro songs_to_halve(place) -%}
    {{ return([var('song_cells_above'), var('songs_per_cell') * 2 ** place] | max) }}
{%- endmacro %}

{#- All cells of so many songs as there are points, whether or not there is a song in them. -#}
{% macro song_cells(points) -%}
    select
        cast(
            {%- for feature in song_cell_features() %}
            {{ feature }}.step{{ ' +' if not loop.last }}
            {%- endfor %}
            as bigint
        ) as cell
    from (select count(*) as n_tracks from {{ points }}) as counted
    {%- for feature in song_cell_features() %}
    cross join (select 0 as step union all select {{ 2 ** loop.index0 }} as step) as {{ feature }}
    {%- endfor %}
    where
        {%- for feature in song_cell_features() %}
        {{ 'and ' if not loop.first -}}
        ({{ feature }}.step = 0 or counted.n_tracks > {{ songs_to_halve(loop.index0) }})
        {%- endfor %}
{%- endmacro %}

{#- By how many millionths the sound of any song in a cell differs from a song's at least. -#}
{% macro song_cell_millionths(song, cell) -%}
    {%- set beyond -%}
        {%- for feature in song_cell_features() %}
        case
            when ({{ song }}.cell / {{ 2 ** loop.index0 }}) % 2 <> ({{ cell }} / {{ 2 ** loop.index0 }}) % 2
                then ({{ song }}.{{ feature }} - 0.5) * ({{ song }}.{{ feature }} - 0.5)
            else 0
        end
        {{- ' +' if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {{ distance_millionths(beyond) }}
{%- endmacro %}

{#-
    The cells that each of `songs` looks into, those with the nearest borders, as an array of keys of what
    `song_cell_millionths` says and the cell.
-#}
{% macro nearest_song_cells(songs, id, points) -%}
    select
        {{ songs }}.{{ id }},
        min(
            {{ song_key(song_cell_millionths(songs, 'cells.cell'), 'cells.cell') }},
            {{ var('song_cells_looked_into') }}
        ) as cell_keys
    from {{ songs }}
    cross join ({{ song_cells(points) }}) as cells
    group by {{ songs }}.{{ id }}
{%- endmacro %}
