"""What one machine may use at a time, in an SQL table: who holds it, and until when.

Here: taking, keeping and giving back. Not here: what is held, or for how long (`defs/leases.py`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from spotify_assets.core.store import Lease
from spotify_assets.core.store.sql_engine import Database
from spotify_assets.core.store.sql_schema import leases
from spotify_assets.core.store.text import shown

_LEASE = leases.c


class SqlLeases:
    """`Leases` in the table `leases`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, holder: str, user: str, now: datetime, until: datetime) -> Lease:
        """Hold `name` alone until then where nobody else does at `now`; return the lease that stands.

        Raises:
            StoreError: the store cannot be written.
        """
        new = {"name": name, "holder": holder, "used_by": shown(user), "ends_at": until}
        insert = self._database.insert_missing(leases)
        replace = (
            update(leases)
            .where(_LEASE.name == name, or_(_LEASE.holder == holder, _LEASE.ends_at <= now))
            .values(holder=holder, used_by=new["used_by"], ends_at=until)
        )

        def take(connection: Connection) -> Lease:
            connection.execute(insert, new)
            connection.execute(replace)
            row = connection.execute(select(leases).where(_LEASE.name == name)).one()
            return Lease(row.name, row.holder, row.used_by, row.ends_at)

        return self._database.write(take)

    def renew(self, name: str, holder: str, until: datetime) -> bool:
        """Hold on to a lease until then; False where it is somebody else's by now.

        Raises:
            StoreError: the store cannot be written.
        """
        statement = update(leases).where(_LEASE.name == name, _LEASE.holder == holder).values(ends_at=until)
        return self._database.write(lambda connection: connection.execute(statement).rowcount) > 0

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens where it is somebody else's.

        Raises:
            StoreError: the store cannot be written.
        """
        statement = delete(leases).where(_LEASE.name == name, _LEASE.holder == holder)
        self._database.write(lambda connection: connection.execute(statement).rowcount)
