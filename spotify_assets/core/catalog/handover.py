"""What one process fetched, handed to another as JSON: the bot's live answers to the refresh that follows.

Here: `Fetched` to text and back. Not here: where the text is kept (`store.requests.attach`), who commits it
(`core/lake/live_observer.py`).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable

from spotify_assets.core.catalog import Fetched
from spotify_assets.core.catalog.from_json import Malformed, record


def to_text(answers: Iterable[Fetched]) -> str:
    """Return answers of one source as JSON; what was rejected of them stays behind."""
    return json.dumps(
        [
            {
                "subjects": list(answer.subjects),
                "records": {
                    table: [dataclasses.asdict(one) for one in records]
                    for table, records in answer.records.items()
                },
            }
            for answer in answers
        ],
        ensure_ascii=False,
    )


def from_text(text: str) -> list[Fetched]:
    """Return the answers in a text of `to_text`.

    Raises:
        Malformed: it is none, or a record in it breaks the contract.
    """
    try:
        answers = json.loads(text)
        return [
            Fetched(
                tuple(answer["subjects"]),
                {table: [record(table, one) for one in rows] for table, rows in answer["records"].items()},
            )
            for answer in answers
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"What was handed over is no list of answers with records: {error!r}") from error
