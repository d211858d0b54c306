{#-
    What two songs are compared by, and how much each counts: columns of whole millionths, 0 is alike, 1000000
    as different as can be. `kin_rank` is the place of the candidate's artist in the list of similar artists of
    the owner's, 0 for the same artist, null for anybody else.

    Half is the sound, a third the artists: whom listeners call related is found by artists' likeness five times
    as often as by sound (docs/similarity.md). The rest is the era.
-#}
{% macro song_weights() -%}
    {{ return({'sound': 50, 'artist': 35, 'era': 15}) }}
{%- endmacro %}

{#- Of the sound: the distance of the normalised features. -#}
{% macro sound_millionths(left, right) -%}
    {{ distance_millionths(squared_distance(left, right)) }}
{%- endmacro %}

{#- Of the artists: 0 for the same, a thirtieth more with every place in the list, all for anybody else. -#}
{% macro artist_millionths(kin_rank) -%}
    coalesce({{ kin_rank }} * 1000000 / 30, 1000000)
{%- endmacro %}

{#- Of the era: years apart, thirty and more are all one; an unknown year counts as ten years away. -#}
{% macro era_millionths(left, right) -%}
    (least(coalesce(abs({{ left }}.release_year - {{ right }}.release_year), 10), 30) * 1000000 / 30)
{%- endmacro %}

{#- All of it. -#}
{% macro song_millionths(left, right, kin_rank) -%}
    {%- set weights = song_weights() -%}
    (
        {{ weights.sound }} * {{ sound_millionths(left, right) }}
        + {{ weights.artist }} * {{ artist_millionths(kin_rank) }}
        + {{ weights.era }} * {{ era_millionths(left, right) }}
    ) / 100
{%- endmacro %}

{#- The least that a song of nobody akin can have, if its sound differs by so many millionths at least. -#}
{% macro strangers_millionths(sound='0') -%}
    {%- set weights = song_weights() -%}
    ({{ weights.sound }} * {{ sound }} + {{ weights.artist * 1000000 }}) / 100
{%- endmacro %}
