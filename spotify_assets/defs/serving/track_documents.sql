-- One row per song of `asked_documents`: the JSON of core.store.documents.TrackDocument, and the names that lead to it.
-- Versions are told by hashes, so that who asks for them alone makes neither lists nor JSON.
with cards as (
    select
        t.track_id,
        t.artist_ids,
        t.popularity,
        coalesce(a.genres, []) as genres,
        {
            'track_id': t.track_id, 'name': t.name, 'artists': t.artist_names,
            'album_name': t.album_name, 'image_url': t.image_url, 'artist_ids': t.artist_ids
        } as card
    from dim_tracks as t
    left join dim_artists as a on t.artist_id = a.artist_id
),

similar_entries as (
    select
        s.track_id,
        s.rank,
        s.model_version,
        {
            'track': c.card, 'score': s.score,
            'likeness': {
                -- That one artist has its own genres tells nothing.
                'shared_genres': case
                    when s.artist_rank = 0 then cast([] as varchar[])
                    else list_sort(list_intersect(o.genres, c.genres))
                end,
                'close_features': s.close_features,
                'shared_mood': case when own.mood = other.mood then own.mood end
            }
        } as entry
    from track_similarity as s
    semi join asked_documents as asked on s.track_id = asked.target_id
    inner join cards as o on s.track_id = o.track_id
    inner join cards as c on s.related_track_id = c.track_id
    left join song_moods as own on s.track_id = own.track_id
    left join song_moods as other on s.related_track_id = other.track_id
),

similar_tracks as (
    select
        track_id,
        max(model_version) as model_version,
        list(entry order by rank) as entries,
        -- Hashed twice: hashes of rows that differ in one field alike differ alike, and cancel each other out.
        bit_xor(hash(hash(rank, entry))) as digest
    from similar_entries
    group by track_id
),

parted_titles as (
    select
        track_id,
        popularity,
        artist_ids[1] as artist_id,
        regexp_extract(name, '^(.+?)(\s+[-–—]\s|\s*[(\[])', 1) as before,
        regexp_extract(name, '^[^(\[]+[(\[]([^()\[\]]+)[)\]]$', 1) as within
    from dim_tracks
),

short_titles as (
    -- What people call a song: its title without the version, the guest or the film behind it, or what stands there
    -- where that is the title in another script: "좋은 날 (Good Day)".
    select
        track_id,
        popularity,
        artist_id,
        unnest([
            before,
            case
                when
                    regexp_matches(before, '[가-힣]') != regexp_matches(within, '[가-힣]')
                    and not regexp_matches(
                        lower(within),
                        '^(feat|ft|with|prod|from|inst|live|demo|acoustic|ost)\b|\b(ver|version|mix|remix|edit)\b'
                    )
                    then within
            end
        ]) as title
    from parted_titles
    where before != ''
),

short_names as (
    -- The best known of an artist's songs that are called so, unless one is called nothing else.
    select
        track_id,
        title
    from short_titles
    anti join dim_tracks as whole
        on short_titles.artist_id = whole.artist_ids[1] and lower(short_titles.title) = lower(whole.name)
    where length(title) > 1
    qualify row_number() over (partition by artist_id, lower(title) order by popularity desc, track_id) = 1
),

other_titles as (
    select
        track_id,
        list(title order by title) as titles
    from short_names
    group by track_id
),

bodies as (
    select
        c.track_id as target_id,
        concat_ws(' – ', c.card.name, c.card.artists[1]) as label,
        coalesce(c.popularity, 0) as popularity,
        list_distinct([c.card.name] || coalesce(other_titles.titles, [])) as names,
        cast(to_json({
            'track': c.card,
            'artist_ids': c.artist_ids,
            'similar': coalesce(s.entries, []),
            'model_version': s.model_version
        }) as varchar) as body,
        hash(c.card, c.artist_ids, s.digest, s.model_version) as digest
    from cards as c
    semi join asked_documents as asked on c.track_id = asked.target_id
    left join similar_tracks as s on c.track_id = s.track_id
    left join other_titles on c.track_id = other_titles.track_id
)

select
    target_id,
    label,
    popularity,
    names,
    body,
    cast(hash(digest, names, popularity) as varchar) as version
from bodies
