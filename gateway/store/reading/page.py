"""What all lists have in common: a span of time, accounts, and the place that they go on from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import ColumnElement, Select, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")
S = TypeVar("S")

Place = tuple[int, str]
"""Where a row is in its list, newest first: its time, ns, and its id."""
Accounts = Collection[str] | None


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows: at most `limit`, from `since` on and before `until` (ns), after the place of the
    last row that is known already.
    """

    limit: int = 50
    after: Place | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of a list; at: ns."""

    id: str
    at: int

    @property
    def place(self) -> Place:
        """Where it is in the list."""
        return self.at, self.id


@dataclass(frozen=True, slots=True)
class Recorded(Placed):
    """One whose record is kept; body: its JSON."""

    body: str

    @property
    def record(self) -> Any:
        """The record, from its JSON."""
        return orjson.loads(self.body)


def chosen(table: type[Any], time: Any, window: Window, **equal: Any) -> Select[Any]:
    """The rows of a table in the window, newest first; equal: columns that must be a value, or one
    of several; those that are None are not asked about.
    """
    query = select(table.__table__)
    for name, value in equal.items():
        if value is not None:
            query = query.where(among(getattr(table, name), value))
    if window.since is not None:
        query = query.where(time >= window.since)
    if window.until is not None:
        query = query.where(time < window.until)
    return newest(query, time, table.id, window.after).limit(window.limit)


def newest(query: Select[S], time: Any, id: Any, after: Place | None) -> Select[S]:
    """The rows of a query, newest first, from behind a place on; time, id: columns of a place."""
    if after is not None:
        query = query.where(tuple_(time, id) < tuple_(*map(literal, after)))
    return query.order_by(time.desc(), id.desc())


def among(column: Any, value: Any) -> ColumnElement[bool]:
    """That a column is a value, or one of several; of none it is never."""
    value = [value] if isinstance(value, str) else value
    some = sorted(value)
    return cast("ColumnElement[bool]", column == some[0] if len(some) == 1 else column.in_(some))


async def found(session: AsyncSession, query: Select[Any], kind: type[T]) -> list[T]:
    """The rows as values: of each column that is a field of theirs."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    rows = (await session.execute(query)).mappings()
    return [kind(**{name: row[name] for name in names if name in row}) for row in rows]
