{{
    config(
        materialized='renewed',
        unique_key=['track_id'],
        renewed_by={'track_id': 'int_renewed_tracks.track_id'},
    )
}}

with

track_features as (

    select * from {{ renewed('int_track_features', 'track_id') }}

),

breakpoints as (

    select * from {{ ref('stg_similarity_model__breakpoints') }}

),

model as (

    select distinct model_version
    from breakpoints

),

features as (
    {% for feature in var('similarity_features') %}
    select '{{ feature }}' as feature
    {{- ' union all' if not loop.last }}
    {%- endfor %}

),

measured as (

    select
        track_features.track_id,
        features.feature,
        case features.feature
            {%- for feature in var('similarity_features') %}
            when '{{ feature }}' then track_features.{{ feature }}
            {%- endfor %}
        end as measure
    from track_features
    cross join features

),

placed as (

    -- A measure finds the breakpoint at or below it; one below them all finds none.
    select
        measured.track_id,
        measured.feature,
        model.model_version,
        case
            when breakpoints.breakpoint is null then 0e0
            when measured.measure = breakpoints.breakpoint
                then (breakpoints.first_quantile + breakpoints.last_quantile) / 2
            when breakpoints.next_breakpoint is null then 1e0
            else
                breakpoints.last_quantile
                + (breakpoints.next_quantile - breakpoints.last_quantile)
                * (measured.measure - breakpoints.breakpoint)
                / (breakpoints.next_breakpoint - breakpoints.breakpoint)
        end as quantile
    from measured
    cross join model
    left join breakpoints
        on
            measured.feature = breakpoints.feature
            and measured.measure >= breakpoints.breakpoint
            and (
                measured.measure < breakpoints.next_breakpoint
                or breakpoints.next_breakpoint is null
            )

)

select
    track_id,
    {%- for feature in var('similarity_features') %}
    round(max(case when feature = '{{ feature }}' then quantile end), 9) as {{ feature }},
    {%- endfor %}
    max(model_version) as model_version,
    {{ stamp_of_run() }} as changed_at
from placed
group by track_id
