"""A rollback holds until the next build, whatever people ask for meanwhile."""

from datetime import UTC, datetime

import dagster as dg

from spotify_assets.core.names import name_key
from spotify_assets.core.store import Document
from spotify_assets.defs.refresh.sensor import refresh_config
from spotify_assets.defs.serving.rollback import roll_back
from tests.defs.conftest import Graph

AESPA = "sample-artist-aespa"
SNAPSHOT = dg.AssetKey("mart_snapshot")


def test_a_refresh_adds_to_what_was_rolled_back_and_the_next_build_replaces_it(built: Graph) -> None:
    answers, requests = built.platform.store.answers, built.platform.store.requests
    assert built.run(asset_selection=[SNAPSHOT]).success
    roll_back(built.platform.settings, None, print)
    # As if the snapshot that was gone back to said something else than the marts.
    answers.put([Document("artist", AESPA, "rolled back to", "{}", ())])
    answers.put([Document("artist", "only-in-the-snapshot", "v", "{}", ())])

    requests.ask(name_key("잔나비"), "잔나비", datetime.now(UTC))
    assert built.run("refresh", refresh_config([name_key("잔나비")])).success
    assert answers.find(name_key("잔나비")), "who was asked for is answered"
    assert answers.versions("artist", [AESPA]) == {AESPA: "rolled back to"}
    assert answers.versions("artist", ["only-in-the-snapshot"])

    assert built.run(asset_selection=[SNAPSHOT, dg.AssetKey("serving_documents")]).success
    assert answers.versions("artist", [AESPA])[AESPA] != "rolled back to"
    assert not answers.versions("artist", ["only-in-the-snapshot"])
