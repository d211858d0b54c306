-- The newest model has breakpoints of every feature, and quantiles that rise with them; no model is fine.
with

breakpoints as (

    select * from {{ ref('stg_similarity_model__breakpoints') }}

),

features as (

    {% for feature in var('similarity_features') %}
    select '{{ feature }}' as feature
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

fitted as (

    select
        feature,
        min(last_quantile - first_quantile) as least_step,
        min(next_quantile - last_quantile) as least_rise
    from breakpoints
    group by feature

)

select features.feature
from features
left join fitted on features.feature = fitted.feature
where
    exists (select 1 from breakpoints)
    and (
        fitted.feature is null
        or fitted.least_step < 0
        or fitted.least_rise <= 0
    )
