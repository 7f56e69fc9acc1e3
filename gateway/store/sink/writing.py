"""A batch of records into the store, with the places that it was read from, or nothing of it.

Who writes moves each place from where it has begun to read; where another has moved it meanwhile
(a second sink, a rebuild), that is no longer its place, and nothing is written: Overtaken. So a
process may be killed at any time, and two may run at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.base import Base
from gateway.store.engine import writing
from gateway.store.sink import folding
from gateway.store.sink.rows import Added, Folded, Latest, Made
from gateway.store.sink.taken import Taken
from gateway.store.tables.orders import OrderRow
from gateway.store.tables.places import Place
from schemas.errors import TapelineError

LOCK = 0x73_696E_6B
"""Of PostgreSQL's advisory locks, the sink's; on SQLite there is one writer anyway."""
CHUNK = 500
"""Keys of one question."""

At = tuple[str, int]
"""A logical topic and a partition of it."""


class Overtaken(TapelineError):
    """Another has written what was read here: read again from the places that are there now."""


def take(
    store: Engine, batch: Sequence[Taken], before: Mapping[At, int], names: Mapping[str, str],
    making: Callable[[Taken], list[Made]],
) -> dict[At, int]:  # fmt: skip
    """Write a batch; gives the places behind it.

    before: of each partition in it, the offset that was read from; names: of topics, physical ones;
    making: what comes of a record (gateway.store.sink.rows.made).
    """
    after = {(each.topic, each.partition): each.offset + 1 for each in batch}
    things = [thing for each in batch for thing in making(each)]
    with writing(store) as connection:
        locked(connection)
        for at, offset in sorted(after.items()):
            _move(connection, names[at[0]], at[1], before[at], offset)
        _add(connection, [thing for thing in things if isinstance(thing, Added)])
        _replace(connection, [thing for thing in things if isinstance(thing, Latest)])
        _fold(connection, [thing for thing in things if isinstance(thing, Folded)])
    return after


def locked(connection: Connection) -> None:
    """Nobody else writes topics until the transaction is over."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))


def _move(connection: Connection, topic: str, number: int, before: int, after: int) -> None:
    place = (Place.topic == topic, Place.partition == number, Place.next == before)
    done = connection.execute(update(Place).where(*place).values(next=after))
    if done.rowcount != 1:
        raise Overtaken(f"{topic} {number} is no longer read from {before}")


def _add(connection: Connection, rows: Sequence[Added]) -> None:
    for table, values in _by_table(rows).items():
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), values)


def _replace(connection: Connection, rows: Sequence[Latest]) -> None:
    for table, values in _by_table(rows).items():
        keys = [column.name for column in table.__table__.primary_key]
        newest: dict[Any, dict[str, Any]] = {}
        for each in values:
            key = tuple(each[name] for name in keys)
            if key not in newest or newest[key]["seq"] <= each["seq"]:
                newest[key] = each
        query = _insert(connection, table)
        others = {name: query.excluded[name] for name in values[0] if name not in keys}
        known = table.__table__.c.seq <= query.excluded.seq
        query = query.on_conflict_do_update(index_elements=keys, set_=others, where=known)
        connection.execute(query, list(newest.values()))


def _fold(connection: Connection, folds: Sequence[Folded]) -> None:
    if not folds:
        return
    rows = _orders(connection, dict.fromkeys(each.order for each in folds))
    for each in folds:
        rows[each.order] = each.fold(rows[each.order])
    query = _insert(connection, OrderRow)
    others = {name: query.excluded[name] for name in OrderRow.__table__.columns.keys()[1:]}
    query = query.on_conflict_do_update(index_elements=["id"], set_=others)
    connection.execute(query, list(rows.values()))


def _orders(connection: Connection, ids: Iterable[str]) -> dict[str, folding.Row]:
    wanted = list(ids)
    found = {order: folding.blank(order) for order in wanted}
    table = OrderRow.__table__
    for first in range(0, len(wanted), CHUNK):
        some = table.c.id.in_(wanted[first : first + CHUNK])
        for row in connection.execute(select(table).where(some)):
            found[row.id] = dict(row._mapping)
    return found


def _insert(connection: Connection, table: type[Base]) -> Any:
    """SQLite's insert or PostgreSQL's, which both know what to do on a conflict."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table.__table__)


def _by_table(rows: Iterable[Added | Latest]) -> dict[type[Base], list[dict[str, Any]]]:
    found: dict[type[Base], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.table, []).append(row.values)
    return found
