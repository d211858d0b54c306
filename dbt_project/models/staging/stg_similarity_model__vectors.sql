with

vectors as (

    select * from {{ source('similarity', 'similarity_vectors') }}

),

newest as (

    -- The breakpoints of a version are written last: without them it does not count.
    select distinct model_version
    from {{ ref('stg_similarity_model__breakpoints') }}

)

select
    vectors.model_version,
    vectors.kind,
    vectors.name,
    vectors.vector
from vectors
inner join newest on vectors.model_version = newest.model_version
