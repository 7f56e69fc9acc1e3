"""Engines: the store for the gateway's event loop, and for plain processes.

SQLite has one writer at a time: it logs ahead (WAL), so that readers never wait, a writer waits for
another up to BUSY s (PATIENCE s where people wait), and one that means to write says so at once
(`writing`): a transaction that reads first and writes later would fail where another has written in
between.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from schemas.errors import TapelineError

BUSY = 30.0
"""Seconds that a writer of SQLite waits for another."""
PATIENCE = 8.0
"""The same where a person waits for the answer: they are told, and ask again."""
WRITES = "writes"
"""Execution option of connections that will write."""


class StoreError(TapelineError):
    """The store cannot be used; says the remedy."""


def engine(url: str, synchronous: str = "FULL") -> Engine:
    """The store of a plain process. synchronous: SQLite's; NORMAL may lose the last commits where
    the power fails, not where a process is killed.
    """
    return _tuned(create_engine(_placed(url), **_options(url, BUSY)), synchronous)


def async_engine(url: str) -> AsyncEngine:
    """The store of an event loop."""
    address = _placed(url).replace("sqlite://", "sqlite+aiosqlite://", 1)
    made = create_async_engine(address, **_options(url, PATIENCE))
    _tuned(made.sync_engine, "FULL")
    return made


@contextmanager
def writing(store: Engine) -> Iterator[Connection]:
    """A transaction that writes, committed at the end; StoreError where the store is away."""
    try:
        with store.execution_options(**{WRITES: True}).begin() as connection:
            yield connection
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error, OperationalError):
            raise away(store, error) from error
        raise


@asynccontextmanager
async def reading_async(store: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session that only reads, all of it at one moment."""
    async with AsyncSession(store, expire_on_commit=False) as session:
        yield session


@asynccontextmanager
async def writing_async(store: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session that writes, committed at the end; keep it short."""
    bound = store.execution_options(**{WRITES: True})
    async with AsyncSession(bound, expire_on_commit=False) as session, session.begin():
        yield session


def away(store: Engine, error: DBAPIError) -> StoreError:
    """What to say where the database does not answer: without its password."""
    shown = store.url.render_as_string(hide_password=True)
    reason = str(error.orig).splitlines()[0]
    return StoreError(
        f"the store {shown} cannot be used: {reason}: is it there, and its URL right?"
    )


def _placed(url: str) -> str:
    """The URL; the folder of an SQLite file is made."""
    if (name := make_url(url).database) and url.startswith("sqlite"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
    return url


def _options(url: str, busy: float) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": busy, "isolation_level": None}}
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}


def _tuned(made: Engine, synchronous: str) -> Engine:
    if made.dialect.name == "sqlite":

        @event.listens_for(made, "connect")
        def settle(connection: Any, _: Any) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute(f"PRAGMA synchronous={synchronous}")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()

        @event.listens_for(made, "begin")
        def begin(connection: Connection) -> None:
            writes = connection.get_execution_options().get(WRITES)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made
