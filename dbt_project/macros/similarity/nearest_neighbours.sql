{#-
    The `size` nearest neighbours of each owner: columns number, neighbour, millionths, rank. Ordered by the
    distance in millionths, then by the neighbour's number.

    `vectors` (a relation or CTE) has the normalised features and `number`, an integer in the order of ids;
    `owners` has the numbers to find neighbours for; in each column of `apart` an owner and its neighbour
    must differ.

    Exact, and it streams: rows are laid out by which half of each feature they lie in and cut into blocks of
    64, whose members are near each other; the `size`-th nearest in the own block bounds how far the nearest
    can be; pairs within that radius, one in a hundred, compete for the `size` places. Distance and number
    compete as one integer, which is several times faster than a pair of values. The join of all pairs has
    the radius as its only condition, or DuckDB takes a slower join; the rest is asked of what is left.
-#}
{% macro nearest_neighbours(owners, vectors, size, apart=[]) -%}
    {%- set features = var('similarity_features') -%}
    {%- set columns = features + apart -%}
    {%- set shift = 2147483648 -%}
    with

    laid_out as (

        select
            number,
            {{ columns | join(', ') }},
            row_number() over (
                order by
                    {%- for feature in features %}
                    {{ feature }} > 0.5,
                    {%- endfor %}
                    number
            ) as place
        from {{ vectors }}

    ),

    points as (

        select
            number,
            {{ columns | join(', ') }},
            (place - 1) / 64 as block
        from laid_out

    ),

    asked as (

        select points.*
        from points
        inner join {{ owners }} as owners on points.number = owners.number

    ),

    near_at_hand as (

        select
            asked.number,
            min({{ distance_millionths(squared_distance('asked', 'points')) }}, {{ size }}) as millionths
        from asked
        inner join points on asked.block = points.block
        where
            asked.number <> points.number
            {%- for column in apart %}
            and asked.{{ column }} <> points.{{ column }}
            {%- endfor %}
        group by asked.number

    ),

    bounded as (

        select
            asked.*,
            {{ squared_radius('coalesce(' ~ array_element('near_at_hand.millionths', size) ~ ', 1000000)') }} as squared_radius
        from asked
        left join near_at_hand on asked.number = near_at_hand.number

    ),

    pairs as (

        select
            bounded.number,
            points.number as neighbour,
            {%- for column in apart %}
            bounded.{{ column }} as {{ column }},
            points.{{ column }} as neighbour_{{ column }},
            {%- endfor %}
            {{ squared_distance('bounded', 'points') }} as squared_distance
        from bounded
        inner join points on {{ squared_distance('bounded', 'points') }} <= bounded.squared_radius

    ),

    chosen as (

        select
            number,
            min({{ distance_millionths('squared_distance') }} * {{ shift }} + neighbour, {{ size }}) filter (
                where
                    number <> neighbour
                    {%- for column in apart %}
                    and {{ column }} <> neighbour_{{ column }}
                    {%- endfor %}
            ) as places
        from pairs
        group by number

    ),

    places as (

        select
            chosen.number,
            unnested.place
        from chosen
        cross join unnest(chosen.places) as unnested (place)

    )

    select
        number,
        place % {{ shift }} as neighbour,
        place / {{ shift }} as millionths,
        row_number() over (partition by number order by place) as rank
    from places
{%- endmacro %}
