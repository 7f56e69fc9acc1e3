"""Pages of what the hub keeps, and of what the users' tables have; newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.api.moments import parsed, told
from gateway.api.paging import Asked, Page, page
from gateway.live.orders import Body
from gateway.store.engine import reading_async
from gateway.store.reading.page import Place, newest
from gateway.store.tables.users import KeyOfApi, Link, User

R = TypeVar("R", User, Link, KeyOfApi)
T = TypeVar("T")


def listed(rows: Iterable[Body], asked: Asked, time: str = "seen_time") -> Page[Body]:
    """A page of rows by the text of their field `time`, and their id."""

    def place(row: Body) -> tuple[str, str]:
        return row[time] or "", str(row.get("id") or row["key"])

    def cursor(row: Body) -> Place:
        at, id = place(row)
        return (parsed(at) if at else -1), id

    found = sorted(rows, key=place, reverse=True)
    if asked.after is not None:
        after = (told(asked.after[0]) if asked.after[0] >= 0 else "", asked.after[1])
        found = [row for row in found if place(row) < after]
    return page(found, asked, cursor, lambda row: row)


async def made(
    store: AsyncEngine, table: type[R], asked: Asked, told: Callable[[R], T],
    *good: ColumnElement[bool],
) -> Page[T]:  # fmt: skip
    """A page of the rows of a table that are good, by the time they were made."""
    query = newest(select(table).where(*good), table.created, table.id, asked.after)
    async with reading_async(store) as session:
        found = list(await session.scalars(query.limit(asked.limit + 1)))
    return page(found, asked, lambda row: (row.created, row.id), told)
