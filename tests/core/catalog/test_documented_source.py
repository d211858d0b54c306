"""The source that docs/live.md shows: it is run as it stands there."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from spotify_assets.core.catalog import Subject
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.settings import PROJECT_ROOT, load_settings
from spotify_assets.core.store.sql import SqlStore

PAGE = PROJECT_ROOT / "docs" / "live.md"


class Bank(BaseHTTPRequestHandler):
    """Knows every track but those that begin with x; one answer of it is out of bounds."""

    def do_GET(self) -> None:
        ids = parse_qs(urlsplit(self.path).query)["track"]
        features = [{"track_id": one, "energy": 7 if one == "loud" else 0.5} for one in ids if one[0] != "x"]
        body = json.dumps({"features": features}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def bank() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_source_of_the_docs_answers_and_sets_aside_what_is_wrong(tmp_path: Path, bank: str) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(code.strip().splitlines()) <= 42
    names: dict = {}
    exec(compile(code, str(PAGE), "exec"), names)
    store = SqlStore(f"sqlite:///{tmp_path / 'serving.db'}")
    settings = load_settings(platform_home=str(tmp_path), catalog_source="sample")
    source = names["SoundBankSource"](Access(settings, store.sources), bank)
    (answer,) = source.fetch("audio_features", [Subject("a"), Subject("loud"), Subject("xenon")])
    assert answer.subjects == ("a", "loud", "xenon")
    assert [one.track_id for one in answer.records["audio_features"]] == ["a"]
    assert "energy" in answer.rejected[0].reason
    store.close()
