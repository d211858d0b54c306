"""What the tests of ReccoBeats, ListenBrainz and MusicBrainz share."""

import json

from spotify_assets.core.catalog import Fetched, LiveSource, Subject
from tests.doubles import World
from tests.doubles.exchange import Response
from tests.doubles.faults import Fault

UNKNOWN_MBID = "00000000-0000-4000-8000-000000000000"


def fetched(source: LiveSource, topic, *subjects: Subject) -> list[Fetched]:
    return list(source.fetch(topic, subjects))


def rows(answers: list[Fetched], table: str) -> list:
    return [row for answer in answers for row in answer.records.get(table, ())]


def answering(body: object) -> Fault:
    """Let the double answer with this, as it stands."""
    told = Response(200, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return Fault("as told", lambda service, genuine: told)


def subject(world: World, name: str) -> Subject:
    artist = world.named(name)
    return Subject(artist.id, artist.name, artist.mbid)
