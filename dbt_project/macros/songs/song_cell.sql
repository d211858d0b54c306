{#-
    The cell of a song: which half of each feature it lies in, as one number. As many features count as make
    cells of `songs_per_cell`, of `n_tracks`; up to `song_cells_above` there is one cell. Halves of quantiles
    move with the model alone, so a song keeps its cell until it changes, a model is fitted or the catalogue
    has doubled.
-#}
{% macro song_cell(n_tracks) -%}
    {%- for feature in song_cell_features() %}
    case
        when
            {{ n_tracks }} > {{ [var('song_cells_above'), var('songs_per_cell') * 2 ** loop.index0] | max }}
            and {{ feature }} > 0.5
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

{#- The steps from a cell to those that differ in one half, and to itself. -#}
{% macro song_cell_steps() -%}
    select cast(0 as bigint) as step
    {%- for feature in song_cell_features() %}
    union all
    select {{ 2 ** loop.index0 }} as step
    {%- endfor %}
{%- endmacro %}

{#- The cell one step away: the half of the step's feature is the other one. -#}
{% macro song_cell_beside(cell, step) -%}
    case
        when {{ step }} = 0 then {{ cell }}
        when ({{ cell }} / {{ step }}) % 2 = 1 then {{ cell }} - {{ step }}
        else {{ cell }} + {{ step }}
    end
{%- endmacro %}
