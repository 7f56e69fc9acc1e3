"""From where the topics are to be read, and whether they are the ones that the store is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, or_, select, update

from gateway.store.base import Base
from gateway.store.engine import StoreError, writing
from gateway.store.sink.writing import At, locked
from gateway.store.tables.decisions import DecisionRow
from gateway.store.tables.events import CommandRow, EventRow
from gateway.store.tables.fills import FillRow, FundingRow
from gateway.store.tables.orders import OrderRow, RefusalRow, StepRow
from gateway.store.tables.places import Place
from gateway.store.tables.portfolio import PointRow, PortfolioRow
from gateway.store.tables.sunk import Sunk
from schemas import names

SOURCES: Mapping[type[Sunk], str] = {
    FillRow: names.STATUSES,
    FundingRow: names.STATUSES,
    StepRow: names.STATUSES,
    RefusalRow: names.ORDERS,
    DecisionRow: names.DECISIONS,
    CommandRow: names.COMMANDS,
}
"""By table, the topic that its rows come from; an event names it in its id."""
SUNK: tuple[type[Base], ...] = (
    OrderRow, FillRow, FundingRow, StepRow, RefusalRow, DecisionRow, CommandRow, EventRow,
    PortfolioRow, PointRow,
)  # fmt: skip
"""All that the sink writes."""


class OtherTopics(StoreError):
    """The store is of other topics than those that are there."""


@dataclass(frozen=True)
class Source:
    """The topics as they are: of which cluster, their physical names by logical ones, and of each
    partition the first offset that is there and the next one that will be written.
    """

    cluster: str
    names: Mapping[str, str]
    marks: Mapping[At, tuple[int, int]]


def begin(store: Engine, source: Source) -> dict[At, int]:
    """Of each partition, the offset to read from: where the store has got to, or the first one.

    OtherTopics where the store is of others: then nothing of theirs may be mixed in.
    """
    with writing(store) as connection:
        locked(connection)
        known = _known(connection)
        _agrees(source, known)
        found: dict[At, int] = {}
        for (topic, number), (low, _) in source.marks.items():
            name, place = source.names[topic], known.get((source.names[topic], number))
            found[topic, number] = low if place is None else max(low, place.next)
            if place is None:
                told = {"topic": name, "partition": number, "cluster": source.cluster}
                connection.execute(insert(Place).values(**told, first=low, next=low))
            elif place.next < low:
                one = (Place.topic == name, Place.partition == number)
                connection.execute(update(Place).where(*one).values(next=low))
    return found


def forget(store: Engine, source: Source) -> None:
    """Empty the tables, so that the topics are read anew; what only the store has stays: rows whose
    records the topics have let go of, the past of the portfolio, and all that people made.
    """
    with writing(store) as connection:
        locked(connection)
        _agrees(source, _known(connection))
        _forget(connection, source)
        connection.execute(delete(Place))


def empty(store: Engine) -> None:
    """Forget all that came from topics, also what only the store has of it: for topics that are
    there no more, or a store that is of others. What people made stays.
    """
    with writing(store) as connection:
        locked(connection)
        for table in SUNK:
            connection.execute(delete(table))
        connection.execute(delete(Place))


def _forget(connection: Connection, source: Source) -> None:
    for (topic, number), (low, _) in source.marks.items():
        for table, origin in SOURCES.items():
            if origin == topic:
                again = (table.partition == number, table.offset >= low)
                connection.execute(delete(table).where(*again))
        own = EventRow.id.startswith(f"{topic}:", autoescape=True)
        events = delete(EventRow).where(own, EventRow.partition == number, EventRow.offset >= low)
        connection.execute(events)
    for number in {number for topic, number in source.marks if topic == names.ORDERS}:
        connection.execute(delete(OrderRow).where(*_whole(source, number)))
    connection.execute(delete(OrderRow).where(OrderRow.partition.is_(None)))
    connection.execute(delete(PortfolioRow))


def _whole(source: Source, number: int) -> tuple[ColumnElement[bool], ...]:
    """Orders of a partition all of whose records are still there."""
    decided, _ = source.marks[names.ORDERS, number]
    told, _ = source.marks[names.STATUSES, number]
    return (
        OrderRow.partition == number,
        or_(OrderRow.decided_offset.is_(None), OrderRow.decided_offset >= decided),
        or_(OrderRow.status_offset.is_(None), OrderRow.status_offset >= told),
    )


def _known(connection: Connection) -> dict[tuple[str, int], Place]:
    rows = connection.execute(select(Place.__table__)).all()
    return {(row.topic, row.partition): Place(**row._mapping) for row in rows}


def _agrees(source: Source, known: Mapping[tuple[str, int], Place]) -> None:
    """OtherTopics unless the places are of these topics."""
    ends = {
        (source.names[topic], number): end for (topic, number), (_, end) in source.marks.items()
    }
    for at, place in known.items():
        end = ends.get(at)
        if end is None or place.cluster != source.cluster or place.next > end:
            raise OtherTopics(
                f"the store has read {at[0]} {at[1]} up to {place.next} on another broker, or "
                "before the topic was made anew: name another database in [store] url, or run "
                "`tapeline store rebuild --everything` to give up what only this one has"
            )
