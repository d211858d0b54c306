-- Written only after the lists: what they were made from.
-- depends_on: {{ ref('artist_similarity') }}
{{ similarity_basis() }}
