-- One row per song: the JSON of core.store.documents.TrackDocument, and the names that lead to it.
with cards as (
    select
        track_id,
        artist_ids,
        popularity,
        {
            'track_id': track_id, 'name': name, 'artists': artist_names,
            'album_name': album_name, 'image_url': image_url
        } as card
    from dim_tracks
),

similar_tracks as (
    select
        s.track_id,
        max(s.model_version) as model_version,
        list({
            'track': c.card, 'score': s.score,
            'likeness': {'shared_genres': cast([] as varchar[]), 'close_features': s.close_features}
        } order by s.rank) as similar_list
    from track_similarity as s
    inner join cards as c on s.related_track_id = c.track_id
    group by s.track_id
),

bodies as (
    select
        c.track_id as target_id,
        concat_ws(' – ', c.card.name, c.card.artists[1]) as label,
        coalesce(c.popularity, 0) as popularity,
        [c.card.name] as names,
        cast(to_json({
            'track': c.card,
            'artist_ids': c.artist_ids,
            'similar': coalesce(s.similar_list, []),
            'model_version': s.model_version
        }) as varchar) as body
    from cards as c
    left join similar_tracks as s on c.track_id = s.track_id
)

select
    target_id,
    label,
    popularity,
    names,
    body,
    md5(concat_ws('|', body, cast(to_json(names) as varchar), cast(popularity as varchar))) as version
from bodies
