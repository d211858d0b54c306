-- One row per artist: the JSON of core.store.documents.ArtistDocument, and the names that lead to it.
with top_tracks as (
    select
        t.artist_id,
        list({
            'track_id': t.track_id, 'name': t.name, 'artists': d.artist_names,
            'album_name': t.album_name, 'image_url': t.image_url
        } order by t.rank) as tracks
    from artist_top_tracks as t
    inner join dim_tracks as d on t.track_id = d.track_id
    group by t.artist_id
),

cards as (
    select
        a.artist_id,
        {
            'artist_id': a.artist_id, 'name': a.name,
            'genres': coalesce(a.genres, []), 'image_url': a.image_url
        } as card,
        coalesce(t.tracks, []) as tracks
    from dim_artists as a
    left join top_tracks as t on a.artist_id = t.artist_id
),

main_moods as (
    select artist_id, mood
    from artist_moods
    where is_main
),

similar_artists as (
    select
        s.artist_id,
        max(s.model_version) as model_version,
        list({
            'artist': c.card, 'score': s.score,
            'likeness': {
                'shared_genres': coalesce(s.shared_genres, []),
                -- Of 0.22 at most: beyond a quarter they sound apart, whatever they are closest in.
                'close_features': case when s.sound_part > -0.05 then s.close_features else [] end,
                'shared_track': s.shared_track,
                'is_related': s.related_part > 0,
                -- Of 0.28 and 0.08 at most: half, and three quarters.
                'is_near_scene': s.genre_part > 0.14 and len(s.shared_genres) = 0,
                'is_same_era': s.era_part > 0.06,
                'shared_mood': case when own.mood = other.mood then own.mood end
            },
            'tracks': c.tracks[1:3]
        } order by s.rank) as similar_list
    from artist_similarity as s
    inner join cards as c on s.related_id = c.artist_id
    left join main_moods as own on s.artist_id = own.artist_id
    left join main_moods as other on s.related_id = other.artist_id
    group by s.artist_id
),

aliases as (
    select artist_id, list(distinct alias order by alias) as names
    from dim_artist_aliases
    group by artist_id
),

bodies as (
    select
        c.artist_id as target_id,
        c.card.name as label,
        coalesce(a.popularity, 0) as popularity,
        list_concat([c.card.name], coalesce(n.names, [])) as names,
        cast(to_json({
            'artist': c.card,
            'top_tracks': c.tracks,
            'similar': coalesce(s.similar_list, []),
            'model_version': s.model_version
        }) as varchar) as body
    from cards as c
    inner join dim_artists as a on c.artist_id = a.artist_id
    left join similar_artists as s on c.artist_id = s.artist_id
    left join aliases as n on c.artist_id = n.artist_id
)

select
    target_id,
    label,
    popularity,
    names,
    body,
    md5(concat_ws('|', body, cast(to_json(names) as varchar), cast(popularity as varchar))) as version
from bodies
