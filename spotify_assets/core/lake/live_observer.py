"""Observing live sources: ask for what is stale, commit as answers arrive, stop where a source is parked.

Here: whom to ask about what, in which order, and writing the answers. Not here: calling (`core/catalog`),
what age is stale (`freshness.py` and the settings), or what Dagster shows of it.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from spotify_assets.core.catalog import Fetched, LiveSource, NotOffered, Parked, Rejected, Subject, Topic
from spotify_assets.core.catalog.live import LiveCatalog
from spotify_assets.core.lake.bulk_observer import StampOf
from spotify_assets.core.lake.freshness import due, last_seen
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.observed import Observed, TableObserved
from spotify_assets.core.lake.schemas import record_schema, rejected_schema, table_spec
from spotify_assets.core.records import ArtistExternalId
from spotify_assets.core.store import Priority, RosterEntry

COMMIT_EVERY_SUBJECTS = 200
COMMIT_EVERY_SECONDS = 10.0
"""Answers are written to the lake when so many, or this much time, has gathered."""

TOPIC_OF: Mapping[str, Topic] = {
    "artists": "artists",
    "artist_ids": "artist_ids",
    "tracks": "tracks",
    "audio_features": "audio_features",
    "related_artists": "related_artists",
    "artist_tags": "artist_tags",
    "artist_aliases": "artist_aliases",
}
"""Lake table → what to ask for; tables that are not here come with another's answers."""

AGE_OF: Mapping[Topic, str] = {"tracks": "artist_top_tracks"}
"""The table that tells when a topic was last observed, where it is not the one of its name."""

NEEDS_MBID: frozenset[str] = frozenset({"listenbrainz", "musicbrainz"})
"""Sources that know artists by MusicBrainz id; `artist_ids` itself is asked by Spotify id."""

Say = Callable[[str], None]


class LiveObserver:
    """Appends what live sources say about some artists to the lake."""

    def __init__(
        self,
        catalog: LiveCatalog,
        lake: Lake,
        stamp: StampOf,
        refresh_after_days: Mapping[str, int],
        say: Say,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Observe `catalog` into `lake`; `say` is told of progress, `clock` gives the time in UTC."""
        self._catalog, self._lake, self._stamp = catalog, lake, stamp
        self._days, self._say, self._clock = refresh_after_days, say, clock

    def observe(self, tables: Sequence[str], artist_ids: Sequence[str]) -> Observed:
        """Ask for what is stale of these artists, the first given first among the equally old.

        What arrives is committed while asking goes on. A source that is parked leaves its subjects in
        `left`; one whose endpoint is closed to this app is passed over.

        Raises:
            CatalogError: a source failed, or answered none of many questions; what it answered before is
                committed.
        """
        observed = Observed([TableObserved(table, offered=False) for table in tables], subjects=0)
        seen = {table.table: table for table in observed.tables}
        for table in tables:
            if topic := TOPIC_OF.get(table):
                self._topic(topic, artist_ids, observed, seen)
        for table in tables:
            # Readers find the schema of every table, observed or not.
            if not self._lake.files(table):
                self._lake.append(table, record_schema(table).empty_table(), self._stamp("spotify", table))
        return observed

    def neighbours(self, lookups: int) -> list[RosterEntry]:
        """Return artists to put on the roster: those that moved to a new Spotify id, and related ones.

        Of the related artists in the lake those count whose Spotify id is known, or can be found out now.
        A source may know them by their MusicBrainz id alone; that of at most `lookups` artists is looked up,
        one call each, and committed to `artist_ids`. The most often related come first, in an order that
        changes by day, so that those without a page on Spotify do not stand before the others for ever.
        """
        rows = self._lake.read("related_artists", ["related_id", "related_external_id", "related_name"])
        ids = self._lake.read("artist_ids", ["artist_id", "kind", "external_id"]).to_pylist()
        by_mbid = {row["external_id"]: row["artist_id"] for row in ids if row["kind"] == "mbid"}
        moved = [row["external_id"] for row in ids if row["kind"] == "spotify"]
        by_mbid |= self._looked_up(_most_related(rows, set(by_mbid), lookups, self._clock()))
        found: dict[str, RosterEntry] = {}
        for row in rows.group_by(rows.column_names).aggregate([]).to_pylist():
            one = row["related_id"] or by_mbid.get(row["related_external_id"])
            if one:
                found[one] = RosterEntry(one, row["related_name"] or one, Priority.NEIGHBOUR)
        found |= {one: RosterEntry(one, one, Priority.LISTED) for one in moved}
        return list(found.values())

    def _looked_up(self, mbids: Sequence[str]) -> dict[str, str]:
        """Return the Spotify ids of artists known by their MBID, and commit them."""
        found: dict[str, str] = {}
        try:
            for mbid in mbids:
                if pages := self._catalog.spotify_ids(mbid):
                    found[mbid] = pages[0]
        except Parked as parked:
            self._say(f"{parked}; other related artists are looked up by a later run")
        known = [ArtistExternalId(one, "mbid", mbid) for mbid, one in found.items()]
        self._commit("musicbrainz", [Fetched((one.artist_id,), {"artist_ids": [one]}) for one in known], {})
        return found

    def take_over(self, source: str, fetched: Iterable[Fetched]) -> None:
        """Commit what somebody else fetched from a source; it is fresh then, and not fetched again."""
        self._commit(source, list(fetched), {})

    def _topic(
        self, topic: Topic, artist_ids: Sequence[str], observed: Observed, seen: dict[str, TableObserved]
    ) -> None:
        sources = self._catalog.sources_for(topic)
        names = [source.name for source in sources]
        table = AGE_OF.get(topic, topic)
        age = timedelta(days=self._days[table])
        ids = self._track_ids(artist_ids) if topic == "audio_features" else list(artist_ids)
        is_main = table == AGE_OF.get(TOPIC_OF[observed.main.table], observed.main.table)
        observed.subjects += len(ids) if is_main else 0
        unsettled: list[str] = []
        for position, source in enumerate(sources):
            last = last_seen(self._lake, table, ids)
            stale, fresh = due(ids, names, position, last, age, self._clock())
            observed.fresh += fresh if is_main and position == 0 else 0
            subjects = self._subjects(source, topic, stale)
            if not subjects:
                continue
            answered = self._ask(source, topic, subjects, observed, seen)
            observed.fetched += len(answered) if is_main else 0
            unsettled = [one.id for one in subjects if one.id not in answered]
        if observed.parked and unsettled:
            left = self._artists_of(unsettled, artist_ids) if topic == "audio_features" else unsettled
            observed.left = list(dict.fromkeys([*observed.left, *left]))

    def _ask(
        self,
        source: LiveSource,
        topic: Topic,
        subjects: Sequence[Subject],
        observed: Observed,
        seen: dict[str, TableObserved],
    ) -> set[str]:
        """Ask one source; commit its answers, whatever ends the asking. Return the ids that were answered."""
        answered: set[str] = set()
        batch: list[Fetched] = []
        progress = _Progress(f"{source.name} {topic}", len(subjects), self._say)
        committed = time.monotonic()
        for table in {topic, *seen} & _tables_of(topic):
            if table in seen:
                seen[table].offered = True
        try:
            for answer in source.fetch(topic, subjects):
                batch.append(answer)
                answered.update(answer.subjects)
                progress.at(len(answered))
                if answer.via and (note := f"{topic} by {answer.via}") not in observed.notes:
                    observed.notes.append(note)
                gathered = sum(len(one.subjects) for one in batch)
                if gathered >= COMMIT_EVERY_SUBJECTS or time.monotonic() - committed > COMMIT_EVERY_SECONDS:
                    self._commit(source.name, batch, seen)
                    batch, committed = [], time.monotonic()
        except Parked as parked:
            observed.parked.append(parked)
            self._say(f"{parked}; {len(subjects) - len(answered)} of {len(subjects)} left for later")
        except NotOffered as closed:
            observed.notes.append(str(closed))
            self._say(str(closed))
        finally:
            self._commit(source.name, batch, seen)
        return answered

    def _commit(self, source: str, batch: Sequence[Fetched], seen: Mapping[str, TableObserved]) -> None:
        """Write a batch of answers, one file a table."""
        for table in sorted({table for answer in batch for table in answer.records}):
            said = [answer for answer in batch if table in answer.records]
            spec = table_spec(table)
            # Two artists' answers may tell of one track: it is one row, whoever was asked about.
            records = {
                tuple(getattr(record, name) for name in spec.key): record
                for answer in said
                for record in answer.records[table]
            }
            by_track = spec.id_column == "track_id"
            asked_by_track = all("audio_features" in answer.records for answer in said)
            # Only a table of the subjects' own kind of id says something of a subject without a row.
            about = (
                [one for answer in said for one in answer.subjects] if by_track == asked_by_track else None
            )
            stamp = self._stamp(source, table)
            observation = self._lake.observe(table, _to_arrow(table, list(records.values())), stamp, about)
            if table in seen:
                seen[table].add(observation)
        for table in sorted({one.table for answer in batch for one in answer.rejected}):
            rejected = [one for answer in batch for one in answer.rejected if one.table == table]
            self._lake.quarantine(table, _rejected(table, rejected), self._stamp(source, table))
            if table in seen:
                seen[table].bad += len(rejected)
                seen[table].reasons.update(one.reason for one in rejected)

    def _subjects(self, source: LiveSource, topic: Topic, ids: Sequence[str]) -> list[Subject]:
        if topic in ("artists", "audio_features"):
            return [Subject(one) for one in ids]
        names = self._newest("artists", "name", ids)
        if topic == "artist_ids" or source.name not in NEEDS_MBID:
            return [Subject(one, names.get(one)) for one in ids]
        mbids = self._newest("artist_ids", "external_id", ids, kind="mbid")
        return [Subject(one, names.get(one), mbids[one]) for one in ids if one in mbids]

    def _newest(self, table: str, column: str, ids: Sequence[str], **where: str) -> dict[str, str]:
        """Return the newest non-null value of a column, by artist, of rows that have these values."""
        rows = self._lake.read(table, ["artist_id", column, "fetched_at", *where])
        of_them = pc.is_in(rows["artist_id"], value_set=pa.array(ids, pa.string()))
        wanted = pc.and_(of_them, pc.is_valid(rows[column]))
        for name, value in where.items():
            wanted = pc.and_(wanted, pc.equal(rows[name], value))
        rows = rows.filter(pc.fill_null(wanted, False)).sort_by("fetched_at")
        return dict(zip(rows["artist_id"].to_pylist(), rows[column].to_pylist(), strict=True))

    def _artists_of(self, track_ids: Sequence[str], artist_ids: Sequence[str]) -> list[str]:
        credits = self._lake.read("track_artists", ["track_id", "artist_id"])
        of_them = pc.is_in(credits["track_id"], value_set=pa.array(track_ids, pa.string()))
        credited = set(credits.filter(of_them)["artist_id"].to_pylist())
        return [one for one in artist_ids if one in credited]

    def _track_ids(self, artist_ids: Sequence[str]) -> list[str]:
        credits = self._lake.read("track_artists", ["track_id", "artist_id"])
        mine = credits.filter(pc.is_in(credits["artist_id"], value_set=pa.array(artist_ids, pa.string())))
        ids: list[str] = pc.unique(mine["track_id"]).to_pylist()
        return ids


class _Progress:
    """Says how far a long asking is: done of total, rate, time left."""

    def __init__(self, what: str, total: int, say: Say) -> None:
        self._what, self._total, self._say = what, total, say
        self._started = self._said = time.monotonic()

    def at(self, done: int) -> None:
        now = time.monotonic()
        if now - self._said < COMMIT_EVERY_SECONDS and done < self._total:
            return
        self._said = now
        rate = done / max(now - self._started, 1e-9)
        left = timedelta(seconds=round((self._total - done) / rate)) if rate else "?"
        self._say(f"{self._what}: {done}/{self._total}, {rate:.1f}/s, {left} left")


def _most_related(rows: pa.Table, known: set[str], limit: int, now: datetime) -> list[str]:
    mentions = Counter(mbid for mbid in rows["related_external_id"].to_pylist() if mbid and mbid not in known)
    often = [mbid for mbid, _ in mentions.most_common(limit * 5)]
    random.Random(now.date().toordinal()).shuffle(often)
    return often[:limit]


def _tables_of(topic: Topic) -> set[str]:
    return {"tracks", "track_artists", "artist_top_tracks"} if topic == "tracks" else {topic}


def _to_arrow(table: str, records: Sequence[Any]) -> pa.Table:
    schema = record_schema(table)
    return pa.table(
        {f.name: pa.array([getattr(r, f.name) for r in records], f.type) for f in schema}, schema=schema
    )


def _rejected(table: str, rejected: Sequence[Rejected]) -> pa.Table:
    schema = rejected_schema(table)
    reasons = [f"{one.reason}; found {one.item}" for one in rejected]
    columns = [
        pa.array(reasons) if name == "reason" else pa.nulls(len(reasons), pa.string())
        for name in schema.names
    ]
    return pa.table(columns, schema=schema)
