"""Column types that make SQLite, PostgreSQL and MySQL store and compare the same.

Here: how text and times are written on each engine. Not here: what may be stored (`text.py`), the tables
(`sql_schema.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from spotify_assets.core.store.text import MAX_SHOWN, checked_key, in_utc, is_key, is_plain, plain, shown

__all__ = ["MAX_SHOWN", "Key", "Moment", "Words", "is_key", "is_plain", "plain", "shown"]


class Key(TypeDecorator[str]):
    """Text that is compared code point by code point: case, accents and trailing spaces count."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        self.length = length
        super().__init__(length)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose each engine's collation that compares bytes and pads nothing."""
        collation = None
        if dialect.name == "postgresql":
            collation = "C"
        elif dialect.name == "mysql":
            # utf8mb4_bin would pad: "a" and "a " were one key.
            mariadb = getattr(dialect, "is_mariadb", False)
            collation = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
        return dialect.type_descriptor(String(self.length, collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Refuse, on every engine alike, what one of them could not store."""
        return None if value is None else checked_key(value, self.length)


class Moment(TypeDecorator[datetime]):
    """A point in time: aware, in UTC, to the microsecond."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose timestamptz, DATETIME(6) or SQLite's ISO text, which sorts like the time it stands for."""
        if dialect.name == "mysql":
            from sqlalchemy.dialects.mysql import DATETIME

            return dialect.type_descriptor(DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into UTC."""
        if value is None:
            return None
        moment = in_utc(value)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text that is kept and shown, never compared; of any length where none is given."""

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        self.length = length
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose, on MySQL, all of Unicode whatever the database's own character set, and more than 64 kB."""
        if dialect.name == "mysql":
            from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR

            chosen = VARCHAR(self.length, charset="utf8mb4") if self.length else LONGTEXT(charset="utf8mb4")
            return dialect.type_descriptor(chosen)
        return dialect.type_descriptor(String(self.length) if self.length else Text())
