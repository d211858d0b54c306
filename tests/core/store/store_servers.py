"""The database servers that the store is tested against, and how a test reaches past the store."""

import os
from functools import cache

from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

SERVERS = {
    "PostgreSQL": ("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"),
    "MariaDB": ("TEST_MARIADB_URL", "mysql+pymysql://root@127.0.0.1:3306/test"),
}


def address(name: str) -> URL:
    """Where the server should be."""
    variable, default = SERVERS[name]
    return make_url(os.environ.get(variable, default))


@cache
def reachable(name: str) -> bool:
    """Whether the server is there; asked once."""
    engine = create_engine(address(name), connect_args={"connect_timeout": 3})
    try:
        with engine.connect():
            return True
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def execute(url: URL, *statements: str) -> list[tuple]:
    """Run statements next to the store, as an administrator would; return what the last one found."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            results = [connection.exec_driver_sql(statement) for statement in statements]
            return [tuple(row) for row in results[-1]] if results[-1].returns_rows else []
    finally:
        engine.dispose()


def indexes(url: URL, table: str) -> dict[str | None, bool]:
    """The indexes of a table by name, its primary key's apart, and whether they are unique."""
    engine = create_engine(url)
    try:
        return {index["name"]: index["unique"] for index in inspect(engine).get_indexes(table)}
    finally:
        engine.dispose()
