{{
    config(
        materialized='renewed',
        unique_key=['artist_id'],
        renewed_by={'artist_id': 'int_renewed_artists.artist_id'},
    )
}}

{%- set genre_places = range(1, var('genre_dimensions') + 1) -%}
{%- set features = var('similarity_features') -%}
{%- set exact_sounds = ('sounds.' ~ features | join(' sounds.')).split(' ') -%}
{%- set told = point_size() - (features | length) -%}
with

terms as (

    select * from {{ renewed('int_artist_terms', 'artist_id') }}

),

facts as (

    select * from {{ renewed('int_artist_facts', 'artist_id') }}

),

sounds as (

    select * from {{ renewed('int_artist_vectors', 'artist_id') }}

),

model_vectors as (

    select * from {{ ref('stg_similarity_model__vectors') }}

),

parameters as (

    select
        model_version,
        {{ parameter('genre_length') }} as genre_length,
        {{ parameter('sound_scale') }} as sound_scale,
        {{ parameter('complete') }} as complete
    from model_vectors
    where kind = 'parameter'
    group by model_version

),

known_terms as (

    select
        name,
        vector
    from model_vectors
    where kind = 'term'

),

known_words as (

    select
        name,
        vector
    from model_vectors
    where kind = 'word'

),

placed_terms as (

    -- What the model has not met stands where its words do.
    select
        terms.artist_id,
        terms.weight,
        known_terms.vector,
        case
            when known_terms.name is null
                then split(replace(replace(replace(terms.term, '-', ' '), '/', ' '), '&', ' '), ' ')
            else array[terms.term]
        end as words
    from terms
    left join known_terms on terms.term = known_terms.name

),

mentions as (

    select
        placed_terms.artist_id,
        placed_terms.weight,
        coalesce(placed_terms.vector, known_words.vector) as vector
    from placed_terms
    cross join unnest(placed_terms.words) as unnested (word)
    left join known_words on unnested.word = known_words.name

),

summed as (

    -- Whole numbers in doubles: the sum is the same in any order.
    select
        artist_id,
    {%- for place in genre_places %}
    sum(cast(vector[{{ place }}] * weight as double)) as at{{ place }}
    {{- ',' if not loop.last }}
    {%- endfor %}
    from mentions
    group by artist_id

),

measured as (

    select
        *,
        sqrt(
            {%- for place in genre_places %}
            at{{ place }} * at{{ place }}{{ ' +' if not loop.last }}
            {%- endfor %}
        ) as length
    from summed

),

genres as (

    select *
    from measured
    where length > 0

),

eras as (

    select
        cast(name as integer) as release_year,
        vector
    from model_vectors
    where kind = 'era'

),

popularities as (

    select
        cast(name as integer) as popularity,
        vector
    from model_vectors
    where kind = 'popularity'

),

era_ends as (

    select
        min(release_year) as first_year,
        max(release_year) as last_year
    from eras

),

blocks as (

    select
        facts.artist_id,
        parameters.model_version,
        parameters.complete,
        case
            when genres.artist_id is not null
                then array[
                    {%- for place in genre_places %}
                    cast(round(genres.at{{ place }} / genres.length * parameters.genre_length) as integer)
                    {{- ',' if not loop.last }}
                    {%- endfor %}
                ]
        end as genres,
        eras.vector as era,
        popularities.vector as popularity,
        case
            when sounds.artist_id is not null
                then array[
                    {%- for feature in features %}
                    cast(round((sounds.{{ feature }} - 0.5e0) * parameters.sound_scale) as integer)
                    {{- ',' if not loop.last }}
                    {%- endfor %}
                ]
        end as sound,
        facts.n_tracks > 0 or genres.artist_id is not null as is_listed,
        genres.artist_id is not null or sounds.artist_id is not null as is_compared
    from facts
    cross join parameters
    cross join era_ends
    left join genres on facts.artist_id = genres.artist_id
    left join sounds on facts.artist_id = sounds.artist_id
    -- DuckDB's least and greatest overlook nulls, Athena's do not.
    left join eras
        on
            facts.release_year is not null
            and least(greatest(facts.release_year, era_ends.first_year), era_ends.last_year)
            = eras.release_year
    left join popularities on facts.popularity = popularities.popularity

),

placed as (

    -- What is not known is no nearer and no farther than what has nothing in common.
    select
        artist_id,
        model_version,
        is_listed,
        is_compared,
        complete,
        coalesce(genres, {{ zeros(var('genre_dimensions')) }})
        || coalesce(era, {{ zeros(var('era_dimensions')) }})
        || coalesce(popularity, {{ zeros(var('popularity_dimensions')) }})
        || coalesce(sound, {{ zeros(features | length) }}) as vector
    from blocks

),

lengths as (

    select
        artist_id,
        model_version,
        is_listed,
        is_compared,
        vector,
        complete,
        {{ block_product('vector', 'vector', 1, told) }} as told_length,
        {{ block_product('vector', 'vector', told + 1, point_size()) }} as sound_length
    from placed

),

finished as (

    select
        artist_id,
        model_version,
        is_listed,
        is_compared,
        vector,
        cast(complete + sound_length as bigint) as span,
        cast(case when told_length < complete then complete - told_length else 0 end as bigint) as lacking
    from lengths

)

-- The sound to its last digit is what reasons are told by.
select
    finished.artist_id,
    finished.model_version,
    finished.is_listed,
    finished.is_compared,
    finished.vector,
    finished.span,
    finished.lacking,
    {{ digest(
        [
            'finished.model_version', 'finished.is_listed', 'finished.is_compared', 'finished.span',
            'finished.lacking'
        ] + exact_sounds, ['finished.vector']
    ) | indent(4) }} as digest,
    {{ stamp_of_run() }} as changed_at
from finished
left join sounds on finished.artist_id = sounds.artist_id
