"""What a record makes: rows that are added, rows that replace older ones, and folds of an order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.store.base import Base
from gateway.store.sink import folding
from gateway.store.sink.taken import Taken, body, clean, money
from gateway.store.tables.decisions import DecisionRow
from gateway.store.tables.events import CommandRow, EventRow
from gateway.store.tables.fills import FillRow, FundingRow
from gateway.store.tables.orders import RefusalRow, StepRow
from gateway.store.tables.portfolio import PointRow, PortfolioRow
from schemas import names
from schemas.commands import ControlCommand
from schemas.decisions import Decision, Verdict
from schemas.errors import Poison
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.record import Record
from schemas.statuses import JournalEntry, Status
from schemas.system import Severity, SystemEvent

Values = dict[str, Any]

SKIPPED = {names.ORDERS: b'"outcome":"held"', names.STATUSES: b'"type":"mark"'}
"""By topic, bytes that only a record has of which nothing is kept: it need not be read."""
MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept: holds too or not, and a point of the portfolio each `step` ns."""

    holds: bool = False
    step: int = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Added:
    """A row of one record; where its id is known already, it is the same row."""

    table: type[Base]
    values: Values


@dataclass(frozen=True, slots=True)
class Latest:
    """A row that replaces the one of its key, unless that is of a later sequence."""

    table: type[Base]
    values: Values


@dataclass(frozen=True, slots=True)
class Folded:
    """A record of an order, to be folded into its row."""

    order: str
    fold: Callable[[folding.Row], folding.Row]


Made = Added | Latest | Folded


def made(taken: Taken, keep: Keep) -> list[Made]:
    """All that a record makes; of one that cannot be read, an event that says so."""
    if taken.value is None or SKIPPED.get(taken.topic, b"\0") in taken.value:
        return []
    try:
        return list(MAKERS[taken.topic](taken, keep))
    except (Poison, OverflowError, UnicodeError) as error:
        return [unreadable(taken, str(error))]


def _order(taken: Taken, keep: Keep) -> Iterator[Made]:
    record = taken.record(OrderDecision)
    command = record.command
    if command is not None:
        fold = partial(folding.decided, record=record, taken=taken)
        yield _fold(command.client_order_id, fold)
    if record.outcome == "refused":
        order = command and command.client_order_id
        told = _words(record, "account", "venue", "symbol", "strategy", "origin", "request",
                      "reason")  # fmt: skip
        yield _added(RefusalRow, taken, record, told | {"order_id": order}, bodied=True)


def _status(taken: Taken, keep: Keep) -> Iterator[Made]:
    status = taken.record(Status)
    order = status.client_order_id
    if order is not None:
        yield _fold(order, partial(folding.told, status=status, taken=taken))
    whose = _words(status, "account", "venue", "symbol", "strategy")
    if status.type == "fill":
        told = _words(status, "parent", "role", "side", "fee_currency", "liquidity", "trade")
        paid = _amounts(status, "price", "quantity", "fee")
        yield _added(FillRow, taken, status, whose | told | paid | {"order_id": order})
    elif status.type == "funding":
        yield _added(FundingRow, taken, status, whose | _amounts(status, "amount", "price"))
    elif order is not None:
        told = _words(status, "account", "symbol", "type", "state", "reason")
        paid = _amounts(status, "price", "quantity", "filled")
        values = told | paid | {"order_id": order, "seq": status.seq}
        yield _added(StepRow, taken, status, values)


def _journal(taken: Taken, keep: Keep) -> Iterator[Made]:
    entry = taken.record(JournalEntry)
    yield _fold(entry.command.client_order_id, partial(folding.journalled, entry=entry))


def _decision(taken: Taken, keep: Keep) -> Iterator[Made]:
    record = taken.record(Decision)
    if record.clock or (record.verdict is Verdict.HOLD and not keep.holds):
        return
    told = _words(record, "venue", "symbol", "strategy", "verdict", "reason")
    plain = {"strength": record.strength, "confidence": record.confidence}
    prices = _amounts(record, "entry", "stop", "target")
    yield _added(DecisionRow, taken, record, told | plain | prices, bodied=True)


def _portfolio(taken: Taken, keep: Keep) -> Iterator[Made]:
    record = taken.record(Portfolio)
    words = _words(record, "key", "type", "account", "venue", "symbol", "strategy")
    worth = _amounts(record, "quantity", "entry", "mark", "realised", "unrealised", "fees",
                     "funding", "equity", "exposure", "peak")  # fmt: skip
    values = words | worth | {"at": record.seen_time, "seq": record.seq}
    yield Latest(PortfolioRow, values | {"body": clean(body(record))})
    yield Latest(PointRow, values | {"span": record.seen_time // keep.step * keep.step})


def _command(taken: Taken, keep: Keep) -> Iterator[Made]:
    record = taken.record(ControlCommand)
    symbol = clean(getattr(record.command, "symbol", None))
    told = _words(record, "account", "by") | {"kind": record.command.kind, "symbol": symbol}
    yield _added(CommandRow, taken, record, told, bodied=True)


def _event(taken: Taken, keep: Keep) -> Iterator[Made]:
    record = taken.record(SystemEvent)
    yield _happened(taken, record)


MAKERS: Mapping[str, Callable[[Taken, Keep], Iterator[Made]]] = {
    names.ORDERS: _order,
    names.STATUSES: _status,
    names.JOURNAL: _journal,
    names.ARCHIVE: _journal,
    names.DECISIONS: _decision,
    names.PORTFOLIO: _portfolio,
    names.COMMANDS: _command,
    names.EVENTS: _event,
}


def _fold(order: str, fold: Callable[[folding.Row], folding.Row]) -> Folded:
    """Tried out at once: what it cannot read must not stop a batch."""
    fold(folding.blank(order))
    return Folded(order.replace("\0", "\ufffd"), fold)


def _added(
    table: type[Base], taken: Taken, record: Record, values: Values, bodied: bool = False
) -> Added:
    seen = record.seen_time or taken.timestamp * MILLISECOND
    own: Values = {"body": clean(body(record))} if bodied else {}
    at = record.event_time or seen if table in (FillRow, FundingRow, StepRow) else seen
    place = {"partition": taken.partition, "offset": taken.offset}
    return Added(table, values | own | place | {"id": clean(record.id or taken.place), "at": at})


def _words(record: Record, *fields: str) -> Values:
    return {name: clean(getattr(record, name)) for name in fields}


def _amounts(record: Record, *fields: str) -> Values:
    return {name: money(getattr(record, name)) for name in fields}


def _happened(taken: Taken, event: SystemEvent) -> Added:
    """An event is what it is by its place: the same words may be said again."""
    told = _words(event, "stage", "severity", "kind", "text")
    row = _added(EventRow, taken, event, told, bodied=True)
    return Added(EventRow, row.values | {"id": taken.place})


def unreadable(taken: Taken, reason: str) -> Added:
    """In place of what a record would have made."""
    text = f"{taken.place} cannot be read and is not in the store: {reason}"
    return _happened(taken, SystemEvent(
        key="store", stage="store", severity=Severity.ERROR, kind="unreadable", text=text
    ))  # fmt: skip
