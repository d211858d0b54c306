"""What the deployed bot costs a month: prices, what a chat uses, and the sum.

`python -m deploy.cost` writes the tables of docs/cost.md. Prices are list prices of one region and date,
typed in by hand: check them before you rely on a sum. What a chat uses of DynamoDB is counted by a test. How
long Lambda works on it, and who asks for what, are assumptions that stand here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cost.md"
REGION, DATE = "us-east-1", "November 2026"
"""Where and when the prices hold, as far as whoever typed them in knew."""

SIZES = (1_000, 100_000, 1_000_000)
"""Chats a day of the page's table."""

DAYS = 30.4
HOURS = 730
GB = 1024**3


@dataclass(frozen=True, slots=True)
class Price:
    """What a service bills, and how much of it is free each month for good."""

    name: str
    unit: str
    dollars: float
    """For one unit."""
    free: float = 0.0
    """Units a month."""


PRICES = {
    price.name: price
    for price in (
        Price("Lambda, requests", "million", 0.20, 1),
        Price("Lambda, compute on arm64", "GB-second", 0.0000133334, 400_000),
        Price("HTTP API, requests", "million", 1.00),
        Price("DynamoDB, reads", "million units", 0.125),
        Price("DynamoDB, writes", "million units", 0.625),
        Price("Kinesis, shards", "hour", 0.015),
        Price("Kinesis, records", "million units of 25 KB", 0.014),
        Price("Firehose, each record counted as 5 KB", "GB", 0.029),
        Price("S3, writes", "thousand", 0.005),
        Price("S3, reads", "thousand", 0.0004),
        Price("S3, storage", "GB", 0.023),
        Price("CloudWatch, logs", "GB", 0.50, 5),
        Price("CloudWatch, alarms", "alarm", 0.10, 10),
        Price("Data to the internet", "GB", 0.09, 100),
        Price("Athena, refreshes", "refresh", 0.0029),
    )
}


@dataclass(frozen=True, slots=True)
class Turn:
    """A kind of chat: how often it comes, and what it uses."""

    share: float
    reads: float
    writes: int
    """Request units of DynamoDB, indexes included."""
    milliseconds: int
    """Billed by Lambda with 1 GB; an assumption."""


TURNS = {
    "a known name, first asked of an instance": Turn(0.30, 5, 1, 80),
    "a known name, known by heart": Turn(0.60, 1, 1, 30),
    "an unknown name": Turn(0.05, 27.5, 2, 300),
    "several names fit": Turn(0.05, 16.5, 3, 150),
}

ANSWER_BYTES = 6_000
EVENT_BYTES_STORED = 60
EVENT_DAYS = 180
LOG_BYTES = 600
ALARMS = 7
FIRST_ASKED = 0.3
"""Share of the unknown names that nobody asked for on the same day."""
REFRESHES_A_DAY = 288
"""Most there can be: one in five minutes, for all that were asked for meanwhile."""
WRITES_OF_A_REFRESH, READS_OF_A_REFRESH = 60, 300
FILES_A_DAY = 288
"""Firehose writes one in five minutes."""


def usage(chats: int) -> dict[str, float]:
    """Return what so many chats a day use in a month, in the units of the prices."""
    a_month = chats * DAYS
    turns = TURNS.values()
    refreshes = min(chats * TURNS["an unknown name"].share * FIRST_ASKED, REFRESHES_A_DAY) * DAYS
    files = min(chats, FILES_A_DAY) * DAYS
    return {
        "Lambda, requests": a_month / 1e6,
        "Lambda, compute on arm64": a_month * sum(turn.share * turn.milliseconds for turn in turns) / 1e3,
        "HTTP API, requests": a_month / 1e6,
        "DynamoDB, reads": a_month * sum(turn.share * turn.reads for turn in turns) / 1e6,
        "DynamoDB, writes": a_month * sum(turn.share * turn.writes for turn in turns) / 1e6,
        "Kinesis, shards": HOURS * 1.0,
        "Kinesis, records": a_month / 1e6,
        "Firehose, each record counted as 5 KB": a_month * 5 * 1024 / GB,
        "S3, writes": (files + refreshes * WRITES_OF_A_REFRESH) / 1e3,
        "S3, reads": (files + refreshes * READS_OF_A_REFRESH) / 1e3,
        "S3, storage": chats * EVENT_DAYS * EVENT_BYTES_STORED / GB,
        "CloudWatch, logs": a_month * LOG_BYTES / GB,
        "CloudWatch, alarms": float(ALARMS),
        "Data to the internet": a_month * ANSWER_BYTES / GB,
        "Athena, refreshes": refreshes,
    }


def dollars(chats: int) -> dict[str, tuple[float, float]]:
    """Return for each price what it comes to a month, and what of that is free."""
    used = usage(chats)
    return {
        name: (used[name] * price.dollars, min(used[name], price.free) * price.dollars)
        for name, price in PRICES.items()
    }


def parts() -> dict[str, str]:
    """Return the page's tables by name."""
    bills = [dollars(chats) for chats in SIZES]
    rows = []
    for name, price in PRICES.items():
        sums = [bill[name][0] - bill[name][1] for bill in bills]
        units = f"{price.free:,g}" if price.free else ""
        rows.append(f"| {name} | {price.dollars:.7g} / {price.unit} | {units} | " + _dollars(sums) + " |")
    before = [sum(full for full, _ in bill.values()) for bill in bills]
    free = [sum(free for _, free in bill.values()) for bill in bills]
    rows.append("| all of it | | | " + _dollars(before) + " |")
    rows.append("| of that free each month | | | " + _dollars(free) + " |")
    rows.append("| **to pay** | | | " + _dollars([b - f for b, f in zip(before, free, strict=True)]) + " |")
    head = "| | $ | free units | " + " | ".join(f"{chats:,} chats a day" for chats in SIZES) + " |"
    turns = [
        f"| {name} | {turn.share:.0%} | {turn.reads} | {turn.writes} | {turn.milliseconds} |"
        for name, turn in TURNS.items()
    ]
    return {
        "bill": "\n".join([head, "|---|---|---|" + "---|" * len(SIZES), *rows]),
        "turns": "\n".join(
            ["| chat | share | reads | writes | ms of Lambda |", "|---|---|---|---|---|", *turns]
        ),
    }


def written(page: str) -> str:
    """Return the page with its tables as they should be."""
    for name, text in parts().items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        page = marks.sub(lambda found, text=text: f"{found[1]}{text}\n{found[2]}", page)  # type: ignore[misc]
    return page


def _dollars(sums: list[float]) -> str:
    return " | ".join(f"{one:,.2f}" for one in sums)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
