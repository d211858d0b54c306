"""Stages are counted by what a statement reads, joins and groups; one of too many is refused."""

from __future__ import annotations

import pytest

pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")

from .client import Client, Failed
from .refusals import parse
from .scans import Part, Planner, Relation
from .stages import MOST_STAGES, OUTPUT
from .translate import CATALOG, meaning

DAYS = [Part([], {"day": f"'2026-11-0{day}'"}) for day in (1, 2, 3)]
SONGS = Relation("lake", "songs", {"id": "VARCHAR", "artist": "VARCHAR", "day": "VARCHAR"}, DAYS)
TYPES = {CATALOG: {"lake": {"songs": dict.fromkeys(SONGS.columns, "VARCHAR")}}}


@pytest.mark.parametrize(
    ("sql", "stages"),
    [
        ("select id from songs", 1),
        ("select id from songs where day >= '2026-11-02'", 1),
        ("select a.id from songs as a inner join songs as b on a.artist = b.artist", 3),
        ("select a.id from songs as a cross join songs as b", 3),
        ("select artist, count(*) from songs group by artist", 2),
        ("select count(*) from songs", 2),
        ("select id, row_number() over (partition by artist order by id) from songs", 2),
        ("select id from songs union all select artist from songs", 2),
        ("with s as (select artist from songs group by artist) select artist from s", 2),
        ("with s as (select artist from songs group by artist) select artist from s union all select 'a' from s", 4),
    ],
)  # fmt: skip
def test_what_is_read_joined_grouped_and_numbered_is_a_stage(sql: str, stages: int) -> None:
    planned = Planner().planned([SONGS], meaning(parse(sql), TYPES, "lake"))
    assert planned.stages == OUTPUT + stages


def test_a_statement_of_too_many_stages_is_refused(client: Client, place: str) -> None:
    client.run(f"create view raw.{place} as select dt, count(*) as n from raw.plays group by dt")
    once, groups = f"select dt from raw.{place}", (MOST_STAGES - OUTPUT) // 2
    client.run(" union all ".join([once] * groups))
    with pytest.raises(
        Failed, match=r"QUERY_HAS_TOO_MANY_STAGES: .*\(151\) exceeds the allowed maximum \(150\)"
    ):
        client.run(" union all ".join([once] * (groups + 1)))
