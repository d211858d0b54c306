-- One row per artist of `asked_documents`: the JSON of core.store.documents.ArtistDocument, and the names that lead to
-- it (whose words are names too: core.names.part_keys). Versions are told by hashes, so that who asks for them alone
-- makes neither lists nor JSON.
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

similar_entries as (
    select
        s.artist_id,
        s.rank,
        s.model_version,
        {
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
        } as entry
    from artist_similarity as s
    semi join asked_documents as asked on s.artist_id = asked.target_id
    inner join cards as c on s.related_id = c.artist_id
    left join main_moods as own on s.artist_id = own.artist_id
    left join main_moods as other on s.related_id = other.artist_id
),

similar_artists as (
    select
        artist_id,
        max(model_version) as model_version,
        list(entry order by rank) as entries,
        -- Hashed twice: hashes of rows that differ in one field alike differ alike, and cancel each other out.
        bit_xor(hash(hash(rank, entry))) as digest
    from similar_entries
    group by artist_id
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
            'similar': coalesce(s.entries, []),
            'model_version': s.model_version
        }) as varchar) as body,
        hash(c.card, c.tracks, s.digest, s.model_version) as digest
    from cards as c
    semi join asked_documents as asked on c.artist_id = asked.target_id
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
    cast(hash(digest, names, popularity) as varchar) as version
from bodies
