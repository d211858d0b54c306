"""Companions: artists whom people ask for in one session, or put on one playlist, as related artists.

Here: which artists such groups tie and how closely, and writing the lists that changed. Not here: reading
playlists (`dataset.py`), or what a tie does to a score (dbt's `int_artist_links`).

Closeness is item-to-item collaborative filtering on whether somebody has an artist, not how often: the cosine
of two artists over people (or playlists), n_both / sqrt(n_one * n_other), as items are compared by Sarwar,
Karypis, Konstan and Riedl ("Item-based collaborative filtering recommendation algorithms", 2001) and by
Linden, Smith and York ("Amazon.com recommendations: item-to-item collaborative filtering", 2003); times
n_both / (n_both + 10), which shrinks towards 0 what few say, as Koren shrinks correlations ("Factorization
meets the neighborhood", 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from spotify_assets.core.lake.contract import Ids, as_ids
from spotify_assets.core.lake.lake import Lake, Written
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.records import CHAT_TURNS

RELATED = "related_artists"

FEWEST_PEOPLE = 3
"""People (or playlists) that must have two artists before these are tied: nobody steers a list alone, and no
list tells of one person."""

SHRINKAGE = 10
"""At so many people, half of the cosine counts."""

LONGEST_LIST = 20
"""Companions of one artist at most, the closest ones."""

LARGEST_GROUP = 200
"""A session or playlist of more artists than this says nothing: somebody works a catalogue off."""

SESSION = timedelta(minutes=30)
"""Turns of a person with less than this between them are one session, the usual cut of web analytics."""

OPEN_CHANNELS = ("web",)
"""Channels where anybody is as many people as they like: a session of the web chat costs nothing to get."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Lists of companions beside those that the lake holds of the same source."""

    changed: pa.Table
    """Rows of the lists to write, in columns of `related_artists`."""
    withdrawn: pa.Array
    """Artists that have no companion any more."""
    unchanged: int
    """Lists that need no writing."""


def sessions(lake: Lake, now: datetime) -> pa.Table:
    """Return who asked for whom in which session: person, group, artist_id, of turns that may still be kept.

    Turns of `OPEN_CHANNELS` are left out, and turns of nobody.

    Raises:
        LakeError: a file cannot be read.
    """
    turns = lake.read(CHAT_TURNS.name, ["user_hash", "event_time", "artist_id", "channel"], _kept(now))
    closed = pc.invert(pc.is_in(turns["channel"], value_set=pa.array(OPEN_CHANNELS)))
    turns = turns.filter(pc.and_(closed, pc.not_equal(turns["user_hash"], "")))
    with duckdb.connect() as db:
        db.register("turns", turns)
        return db.sql(
            """
            with parted as (
                select *, event_time - lag(event_time) over in_order >= $gap as is_new
                from turns
                window in_order as (partition by user_hash order by event_time)
            ),
            numbered as (
                select *, count(*) filter (where is_new) over in_order as session
                from parted
                window in_order as (partition by user_hash order by event_time)
            )
            select distinct user_hash as person, user_hash || ' ' || session as "group", artist_id
            from numbered
            where artist_id is not null
            """,
            params={"gap": SESSION},
        ).to_arrow_table()


def companions(groups: pa.Table, artist_ids: Ids) -> pa.Table:
    """Return each artist's companions: rows of `related_artists`, score 0 to 1, ties by id.

    Args:
        groups: person, group, artist_id, repeated or not; a group is of one person, a playlist is both.
        artist_ids: the artists that may be tied; others are as if they were not there.
    """
    known = as_ids(artist_ids)
    known = pc.take(known, pc.sort_indices(known))
    coded = {
        "person": _codes(groups["person"]),
        "group": _codes(groups["group"]),
        "artist": pc.index_in(groups["artist_id"].cast(pa.string()), value_set=known),
    }
    # A person counts once for a pair, in however many groups; sorting that out takes longer than all else.
    people, n_groups = (pc.count_distinct(coded[name]).as_py() for name in ("person", "group"))
    once = "distinct" if people < n_groups else "all"
    with duckdb.connect() as db:
        db.register("coded", pa.table(coded))
        db.register(
            "known", pa.table({"artist": pa.array(range(len(known)), pa.int32()), "artist_id": known})
        )
        rows = db.sql(
            f"""
            with grouped as (
                select distinct person, "group", artist
                from coded
                where person is not null and "group" is not null and artist is not null
            ),
            said as (
                select person, "group", artist
                from grouped
                qualify count(*) over (partition by "group") <= $largest
            ),
            -- Who has too few people has too few in every pair.
            counted as (
                select artist, count(distinct person) as n
                from said
                group by artist
                having n >= $fewest
            ),
            heard as (
                select said.*
                from said
                semi join counted on said.artist = counted.artist
            ),
            pairs as (
                select one, other, count(*) as n
                from (
                    select {once} one.person, one.artist as one, other.artist as other
                    from heard as one
                    inner join heard as other on one."group" = other."group" and one.artist < other.artist
                )
                group by one, other
                having n >= $fewest
            ),
            scored as (
                select
                    one,
                    other,
                    pairs.n,
                    -- To six digits, so that no list is written anew for the last digit of a root.
                    round(pairs.n / sqrt(ones.n * others.n) * pairs.n / (pairs.n + $shrinkage), 6) as score
                from pairs
                inner join counted as ones on pairs.one = ones.artist
                inner join counted as others on pairs.other = others.artist
            ),
            both_ways as (
                from scored
                union all
                select other as one, one as other, n, score
                from scored
            ),
            ranked as (
                select *, row_number() over (partition by one order by score desc, n desc, other) as rank
                from both_ways
                qualify rank <= $longest
            )
            select
                ones.artist_id,
                cast(rank as integer) as rank,
                others.artist_id as related_id,
                cast(null as varchar) as related_external_id,
                cast(null as varchar) as related_name,
                score
            from ranked
            inner join known as ones on ranked.one = ones.artist
            inner join known as others on ranked.other = others.artist
            order by ones.artist_id, rank
            """,  # noqa: S608 - a word of our own
            params={
                "fewest": FEWEST_PEOPLE,
                "largest": LARGEST_GROUP,
                "longest": LONGEST_LIST,
                "shrinkage": SHRINKAGE,
            },
        ).to_arrow_table()
    return rows.cast(record_schema(RELATED))


def compare(lake: Lake, found: pa.Table, source: str, now: datetime, age: timedelta) -> Compared:
    """Compare lists with the newest ones of a source in the lake; a list older than `age` is due again.

    Raises:
        LakeError: a file cannot be read.
    """
    names = ["artist_id", "rank", "related_id", "score", "fetched_at", "run_id"]
    held = lake.read(RELATED, names, _kept(now) & (pc.field("source") == source))
    with duckdb.connect() as db:
        db.register("found", found)
        db.register("held", held)
        rows = db.sql(
            """
            with newest as (
                select distinct artist_id, rank, related_id, score, fetched_at
                from held
                qualify rank() over (partition by artist_id order by fetched_at desc, run_id desc) = 1
            ),
            there as (
                select
                    artist_id,
                    list((rank, related_id, score) order by rank) filter (where rank is not null) as entries,
                    max(fetched_at) > $due as is_fresh
                from newest
                group by artist_id
            ),
            wanted as (
                select artist_id, list((rank, related_id, score) order by rank) as entries
                from found
                group by artist_id
            )
            select
                artist_id,
                wanted.entries is null as is_gone,
                wanted.entries is not distinct from there.entries and is_fresh as is_same
            from wanted
            full join there using (artist_id)
            where wanted.entries is not null or there.entries is not null
            order by artist_id
            """,
            params={"due": now - age},
        ).to_arrow_table()
    gone, same = rows["is_gone"], pc.fill_null(rows["is_same"], False)
    wanted = rows.filter(pc.invert(pc.or_(gone, same)))["artist_id"]
    return Compared(
        changed=found.filter(pc.is_in(found["artist_id"], value_set=wanted)),
        withdrawn=rows.filter(gone)["artist_id"].combine_chunks(),
        unchanged=pc.sum(same).as_py() or 0,
    )


def write(lake: Lake, compared: Compared, stamp: Stamp) -> Written | None:
    """Append the lists that changed, and empty ones of artists that lost all; None for nothing to write.

    Raises:
        LakeError: the lake cannot be written.
    """
    if not compared.changed.num_rows and not len(compared.withdrawn):
        return None
    return lake.append(RELATED, compared.changed, stamp, compared.withdrawn)


def known_artists(lake: Lake) -> pa.Array:
    """Return the ids of artists that some source told the name of.

    Raises:
        LakeError: a file cannot be read.
    """
    return as_ids(lake.read("artists", ["artist_id"], pc.field("name").is_valid())["artist_id"])


def _kept(now: datetime) -> pc.Expression:
    return pc.field("expires_at") > pa.scalar(now, pa.timestamp("us", tz="UTC"))


def _codes(values: pa.ChunkedArray) -> pa.Array:
    """Return a number for each text, the same for the same: numbers are compared several times faster."""
    return pc.dictionary_encode(values.cast(pa.string()).combine_chunks()).indices
