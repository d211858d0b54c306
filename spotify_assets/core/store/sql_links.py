"""Which artist or song people mean by a name, as they confirmed it, in an SQL table."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, func, select

from spotify_assets.core.names import MAX_KEY
from spotify_assets.core.store.people import VOUCHED
from spotify_assets.core.store.sql_engine import Database
from spotify_assets.core.store.sql_schema import learnt_links
from spotify_assets.core.store.text import is_key

_LINK = learnt_links.c


class SqlLinks:
    """`Links` in the table `learnt_links`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def confirm(
        self, person: str, name_key: str, target: str, now: datetime, vouched_by: str | None = None
    ) -> None:
        """Remember that a person means this artist or song by a name; of two confirmations the later counts.

        For everybody it counts where somebody vouches for the person, and once for whoever does.

        Raises:
            StoreError: the store cannot be written, or a key is not storable.
        """
        link = {"name_key": name_key, "artist_id": target, "confirmed_at": now}
        whose = [person, VOUCHED + vouched_by] if vouched_by else [person]
        rows = [{**link, "person": one} for one in sorted(whose)]
        statement = self._database.upsert(
            learnt_links, lambda new: [("artist_id", new.artist_id), ("confirmed_at", new.confirmed_at)]
        )
        self._database.write(lambda connection: connection.execute(statement, rows))

    def learnt(self, person: str, name_key: str, agreed: int = 3) -> str | None:
        """Return the target a name means: to this person, else to so many vouched for who alone agree."""
        if not is_key(name_key, MAX_KEY):
            return None
        mine = func.max(case((_LINK.person == person, 1), else_=0)).label("mine")
        counts = func.sum(case((_LINK.person.startswith(VOUCHED), 1), else_=0)).label("people")
        statement = (
            select(_LINK.artist_id, counts, mine).where(_LINK.name_key == name_key).group_by(_LINK.artist_id)
        )
        rows = self._database.rows(statement)
        own = [row.artist_id for row in rows if row.mine]
        of_many = [row.artist_id for row in rows if row.people >= agreed]
        return own[0] if own else of_many[0] if len(of_many) == 1 else None
