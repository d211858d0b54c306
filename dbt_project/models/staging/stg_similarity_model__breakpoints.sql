with

source as (

    select * from {{ source('similarity', 'similarity_model') }}

),

newest as (

    select max(model_version) as model_version
    from source

),

breakpoints as (

    -- Quantiles share a breakpoint where many tracks have the same value.
    select
        source.model_version,
        source.feature,
        source.breakpoint,
        min(source.quantile) as first_quantile,
        max(source.quantile) as last_quantile
    from source
    inner join newest on source.model_version = newest.model_version
    group by source.model_version, source.feature, source.breakpoint

)

select
    model_version,
    feature,
    breakpoint,
    first_quantile,
    last_quantile,
    lead(breakpoint) over (partition by feature order by breakpoint) as next_breakpoint,
    lead(first_quantile) over (partition by feature order by breakpoint) as next_quantile
from breakpoints
