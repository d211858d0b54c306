"""Logs as JSON, one object a line, each with the id of the request it belongs to."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from chatbot.every_response import request_id

_FIELDS = ("status", "ms")


class JsonLines(logging.Formatter):
    """Formats a record as `{"time", "level", "logger", "message", "request_id"?, "trace"?, …}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if number := request_id.get():
            fields["request_id"] = number
        fields |= {name: value for name in _FIELDS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return json.dumps(fields)


def log_as_json(level: int = logging.INFO) -> None:
    """Send what the bot logs to standard error; other libraries only from warnings on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("chatbot").setLevel(level)
