"""Counters of this process, as Prometheus reads them.

Here: counting and the text format. Not here: who may read it (`routes/ops.py`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from threading import Lock

from spotify_assets.core.event_stream import StreamCounts

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 4.0)
"""Upper bounds of the latency histogram, in seconds."""

_HELP = {
    "refused": "Requests and questions that were refused, by channel and HTTP status.",
    "sent": "Messages sent by the bot of itself, by channel and outcome.",
    "failed": "Requests that failed for a fault of this program, by route.",
}


class Metrics:
    """Counts answers by channel and kind, how long they took, and what was refused. Threads may share it."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, str]] = Counter()
        self._latency = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._lock = Lock()

    def answered(self, channel: str, kind: str, seconds: float) -> None:
        """Count an answer and the time it took."""
        with self._lock:
            self._answers[channel, kind] += 1
            self._latency[bisect_left(BUCKETS, seconds)] += 1
            self._seconds += seconds

    def count(self, what: str, channel: str, outcome: str) -> None:
        """Count something else: `refused`, `sent` or `failed`."""
        with self._lock:
            self._counts[what, channel, outcome] += 1

    def text(self, events: StreamCounts) -> str:
        """Return all counters in Prometheus' text format, those of the event stream among them."""
        with self._lock:
            answers, counts = dict(self._answers), dict(self._counts)
            latency, seconds = list(self._latency), self._seconds
        lines = [
            "# HELP chatbot_answers_total Answers, by channel and kind.",
            "# TYPE chatbot_answers_total counter",
            *(
                f'chatbot_answers_total{{channel="{channel}",kind="{kind}"}} {count}'
                for (channel, kind), count in sorted(answers.items())
            ),
            "# HELP chatbot_answer_seconds How long answers took.",
            "# TYPE chatbot_answer_seconds histogram",
        ]
        total = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), latency, strict=True):
            total += count
            lines.append(f'chatbot_answer_seconds_bucket{{le="{bound}"}} {total}')
        lines += [f"chatbot_answer_seconds_sum {seconds:.6f}", f"chatbot_answer_seconds_count {total}"]
        for what, told in _HELP.items():
            lines += [f"# HELP chatbot_{what}_total {told}", f"# TYPE chatbot_{what}_total counter"]
            lines += [
                f'chatbot_{what}_total{{channel="{channel}",outcome="{outcome}"}} {count}'
                for (name, channel, outcome), count in sorted(counts.items())
                if name == what
            ]
        lines += [
            "# HELP chatbot_events_total Chat events that were written, or dropped for want of room.",
            "# TYPE chatbot_events_total counter",
            f'chatbot_events_total{{outcome="written"}} {events.written}',
            f'chatbot_events_total{{outcome="dropped"}} {events.dropped}',
            "# HELP chatbot_events_waiting Chat events that are not written yet.",
            "# TYPE chatbot_events_waiting gauge",
            f"chatbot_events_waiting {events.waiting}",
        ]
        return "\n".join([*lines, ""])
