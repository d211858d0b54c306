"""Live sources against their doubles: what faults cost, and how fast the client is beside bare calls."""

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from chatbot.answer import Question
from chatbot.bot import Bot
from chatbot.live import live_of
from spotify_assets.core.catalog import Subject
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.http import Patience
from spotify_assets.core.catalog.live import LiveCatalog
from spotify_assets.core.catalog.quota import utc_now
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.lake.lake import Lake, open_lake
from spotify_assets.core.lake.live_observer import LiveObserver
from spotify_assets.core.lake.stamp import Stamp
from spotify_assets.core.settings import Settings, load_settings
from spotify_assets.core.store import Sources, Urgency, open_store
from tests.doubles import OutsideWorld, World, faults

ARTISTS = 1000
SHARE = 0.01
LONGEST_WAITED = 5.0
READ = 2.0
"""Seconds without a byte after which a stalled call is given up; 15 by default."""


def rows() -> Iterator[tuple[str, str]]:
    """Yield the cost of faults, then the throughput."""
    world = World.synthetic(ARTISTS, seed=7)
    yield from _with_faults(world)
    yield from _stalled(world)
    yield from _throughput(world, latency=0.0)
    yield from _throughput(world, latency=0.06)


def _with_faults(world: World) -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as home, OutsideWorld(world=world, musicbrainz_rate=None) as outside:
        catalog, observer, lake, sources_kept = _platform(Path(home), outside)
        for double in (outside.spotify, outside.reccobeats):
            for number, fault in enumerate(_faults(outside)):
                double.faults.add(fault, path="^/v1/", probability=SHARE, seed=number)
        alive = [a.id for a in world.artists.values() if a.id not in world.dead_artists]
        started, runs, failed, lifted = time.monotonic(), 0, 0, 0
        while True:
            runs += 1
            left = 0
            for tables in (
                ("artists",),
                ("tracks", "track_artists", "artist_top_tracks"),
                ("audio_features",),
            ):
                try:
                    observed = observer.observe(tables, alive)
                    left += len(observed.left) + len(observed.parked)
                except CatalogError:
                    failed += 1
                    left += 1
            if not left or runs == 100:
                break
            lifted += _after_cooldowns(sources_kept)
        seconds = time.monotonic() - started
        lost, doubled = _lost_and_doubled(lake, alive)
        # One search page serves all artists of a name; that is one question each.
        pages = [
            c.page
            for c in outside.spotify.calls
            if c.endpoint == "artist" and c.status == 200 and not c.fault
        ]
        pages += [c.page for c in outside.reccobeats.calls if c.status == 200 and not c.fault]
        again = len(pages) - len(set(pages))
        calls = len(outside.spotify.calls) + len(outside.reccobeats.calls)
        sources = {s.name: s for topic in ("artists", "audio_features") for s in catalog.sources_for(topic)}
        waited = sum(source.tally.waited for source in sources.values())
        spent = seconds * 4
    yield (
        f"{ARTISTS} artists, {SHARE:.0%} each of {len(_NAMES)} faults: calls, seconds",
        f"{calls}, {seconds:.0f} s",
    )
    yield "runs until nothing was left; assets that failed on the way", f"{runs}; {failed}"
    yield "times a source was parked for an hour (lapsed premium) and let go by hand", f"{lifted}"
    yield (
        "artists lost; artists observed twice; pages fetched twice after a good answer",
        f"{lost}; {doubled}; {again}",
    )
    yield "share of the four workers' time spent waiting", f"{waited / spent:.0%}"


_NAMES = (
    "short 429",
    "502",
    "truncated JSON",
    "HTML with 200",
    "slow body",
    "connection reset",
    "expired token",
    "stall",
    "quota exceeded for 1 s",
    "lapsed premium",
)


def _faults(outside: OutsideWorld) -> list[Any]:
    return [
        faults.too_many_requests(1),
        faults.bad_gateway(502),
        faults.truncated_json(),
        faults.html_page(),
        faults.slow_body(0.5),
        faults.connection_reset(),
        faults.token_expiry(outside.spotify),
        faults.stall(30),
        faults.quota_exceeded(1),
        faults.premium_lapse(),
    ]


def _after_cooldowns(sources: Sources) -> int:
    """Wait short cooldowns out and lift long ones, as somebody would who pays the bill; count those."""
    lifted = 0
    for cooldown in sources.cooldowns(datetime.now(UTC)):
        left = (cooldown.until - datetime.now(UTC)).total_seconds()
        if left > LONGEST_WAITED:
            lifted += sources.lift(cooldown.source)
        else:
            time.sleep(max(left, 0))
    return lifted


def _lost_and_doubled(lake: Lake, alive: list[str]) -> tuple[int, int]:
    """Count artists that were never observed, and those that were observed more than once."""
    seen = Counter(lake.read("artists", ["artist_id"])["artist_id"].to_pylist())
    return len(set(alive) - set(seen)), sum(count > 1 for count in seen.values())


def _stalled(world: World) -> Iterator[tuple[str, str]]:
    """Ask the bot for unknown names, one after another and many at once, while every source is silent."""
    took: list[float] = []
    with tempfile.TemporaryDirectory() as home, OutsideWorld(world=world) as outside:
        for double in outside.doubles.values():
            double.faults.add(faults.stall(60))
        settings = _settings(Path(home), outside)
        store = open_store(settings)

        def ask(name: str) -> None:
            # Every one as if no other had found out that the sources are silent.
            bot = Bot(store, utc_now, live_of(settings, store, utc_now))
            started = time.monotonic()
            bot.answer(Question(name, name, "bench"))
            took.append(time.monotonic() - started)

        for number in range(3):
            ask(f"Unknown Singer {number}")
        threads = [threading.Thread(target=ask, args=(f"Unknown Band {number}",)) for number in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    within = sum(seconds < 4 for seconds in took)
    yield (
        "every source silent: answers for unknown names within 4 s; the slowest",
        f"{within}/{len(took)}; {max(took):.1f} s",
    )


def _throughput(world: World, latency: float) -> Iterator[tuple[str, str]]:
    ids = [a.id for a in world.artists.values() if a.id not in world.dead_artists][
        : 500 if not latency else 150
    ]
    with OutsideWorld(world=world, musicbrainz_rate=None, latency=latency) as outside:
        bare = _bare_rate(outside, ids)
        rates = {workers: _client_rate(outside, ids, workers) for workers in (1, 4)}
    name = f"answers after {latency * 1e3:.0f} ms" if latency else "answers at once"
    yield f"double {name}: bare `requests` loop over the same calls", f"{bare:.0f} calls/s"
    for workers, rate in rates.items():
        figure = f"{rate:.0f} calls/s, {rate / bare:.2f} of the bare loop"
        yield f"double {name}: the client, {workers} worker{'s' * (workers > 1)}", figure


def _bare_rate(outside: OutsideWorld, ids: list[str]) -> float:
    spotify, session = outside.spotify, requests.Session()
    form, app = {"grant_type": "client_credentials"}, (spotify.client_id, spotify.client_secret)
    token = session.post(spotify.token_url, form, auth=app, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    started = time.monotonic()
    for one in ids:
        session.get(f"{spotify.api_url}/artists/{one}?market=KR", headers=headers, timeout=10).json()
    return len(ids) / (time.monotonic() - started)


def _client_rate(outside: OutsideWorld, ids: list[str], workers: int) -> float:
    with tempfile.TemporaryDirectory() as home:
        catalog, _, _, _ = _platform(Path(home), outside, workers)
        (spotify,) = catalog.sources_for("artists")
        started = time.monotonic()
        answered = sum(len(a.subjects) for a in spotify.fetch("artists", [Subject(one) for one in ids]))
        return answered / (time.monotonic() - started)


def _settings(home: Path, outside: OutsideWorld) -> Settings:
    return load_settings(
        platform_home=str(home), catalog_source="spotify", musicbrainz_interval=0, spotify_daily_budget=10**6,
        **outside.settings,
    )  # fmt: skip


def _platform(
    home: Path, outside: OutsideWorld, workers: int = 4
) -> tuple[LiveCatalog, LiveObserver, Lake, Sources]:
    settings = _settings(home, outside)
    store, lake = open_store(settings), open_lake(settings)
    access = Access(settings, store.sources, Urgency.ROUTINE, patience=Patience(read=READ), workers=workers)
    catalog = LiveCatalog(access)

    def stamp(source: str, table: str) -> Stamp:
        return Stamp(source, "bench", datetime.now(UTC), 30)

    days = dict.fromkeys(settings.refresh_after_days, int(timedelta(days=30).days))
    return catalog, LiveObserver(catalog, lake, stamp, days, lambda _: None), lake, store.sources
