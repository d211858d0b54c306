{#-
    What a model reads of another: all of it where it is made anew as a whole, and the rows of those that are renewed
    where it is made anew in part. `id` is `artist_id` or `track_id`; `part` is a smaller table that has those rows. To
    be written after `from`.
-#}
{% macro renewed(model, id, part=none) -%}
    {%- if execute and not renews_part() -%}
        {{ return(ref(model)) }}
    {%- endif -%}
    {%- do ref(model) -%}
    (
        select held.*
        from {{ ref(part or model) }} as held
        inner join {{ ref('int_renewed_' ~ id | replace('_id', 's')) }} as ids on held.{{ id }} = ids.{{ id }}
    )
{%- endmacro %}

{#-
    What a model reads of a large table to make an artist or a track anew: all of it, or `part`, which has what it
    needs of it for those that are renewed.
-#}
{% macro renewal(whole, part) -%}
    {%- if execute and not renews_part() -%}
        {{ return(ref(whole)) }}
    {%- endif -%}
    {%- do ref(whole) -%}
    {{ return(ref(part)) }}
{%- endmacro %}
