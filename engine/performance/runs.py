"""A run's orders with their fills, each under a name that another run of the same market gives it.

An order of a strategy is named by the decision that it came of, one of a person by the request, so
that the same cause finds its counterpart in another run, whatever that run's client order ids are.
A stop or target is named after the order that it protects; parts count as the order that they are
of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from engine.costs import EXACT
from engine.figures import ZERO
from schemas.decisions import Decision
from schemas.orders import OrderDecision
from schemas.record import Record
from schemas.statuses import OrderState, Status
from schemas.ticks import NoticeType, Ticks


@dataclass
class Order:
    """One order. asked: the name of what asked for it; decision: id; decided, ended: seen_time of
    its record and of its last fill, ns. rested: it was told as open by the venue.
    """

    asked: str
    decision: str
    venue: str
    symbol: str
    strategy: str
    client_order_id: str
    decided: int
    ended: int = 0
    rested: bool = False
    fills: list[Status] = field(default_factory=list)


@dataclass
class Run:
    """Records of one account as they pass by. Decisions and gaps: of the markets it trades.

    answers: what the account said to what asked for something, where it was no order; marks,
    prices: the last mid and fill of each symbol; funding: paid, in quote.
    Memory: ids of decisions, orders and their fills.
    """

    account: str
    orders: dict[str, Order] = field(default_factory=dict)
    decisions: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    gaps: dict[str, list[int]] = field(default_factory=dict)
    marks: dict[str, Decimal] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)
    funding: Decimal = ZERO
    foreign: int = 0
    _names: dict[str, str] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """The next record of any topic."""
        if isinstance(record, Decision):
            self.decisions.add(record.id)
        elif isinstance(record, OrderDecision) and record.account == self.account:
            self._order(record)
        elif isinstance(record, Status) and record.account == self.account:
            self._status(record)
        elif isinstance(record, Ticks) and _gapped(record):
            self.gaps.setdefault(record.key, []).append(record.seen_time)

    def _order(self, record: OrderDecision) -> None:
        asked = f"{record.request or record.cause} {record.strategy}"
        command = record.command
        if record.outcome != "approved" or command is None or command.action != "place":
            if record.reason is not None or record.outcome != "held":
                self.answers[asked] = " ".join(filter(None, (record.outcome, record.reason)))
            return
        name = asked if command.role is None else f"{asked} {command.role}"
        while name in self.orders:
            name += " again"
        self._names[command.client_order_id] = name
        self.orders[name] = Order(
            asked, record.cause, record.venue, record.symbol, command.strategy,
            command.client_order_id, record.seen_time,
        )  # fmt: skip

    def _status(self, status: Status) -> None:
        if status.mark is not None and Decimal(status.mark):
            self.marks[status.symbol] = Decimal(status.mark)
        if status.type == "funding":
            self.funding = EXACT.add(self.funding, Decimal(status.amount or 0))
        order = self._of(status)
        if order is None:
            return
        order.rested = order.rested or status.state is OrderState.OPEN
        if status.type == "fill":
            order.fills.append(status)
            order.ended = status.seen_time
            self.prices[status.symbol] = Decimal(status.price or 0)
            self.foreign += status.fee_currency is not None

    def _of(self, status: Status) -> Order | None:
        """The order that a status is of; a stop, a target or a part has its parent's name."""
        own = status.client_order_id or ""
        name = self._names.get(own)
        if name is None and status.parent in self._names:
            parent = self._names[status.parent or ""]
            name = parent if status.role is None else f"{parent} {status.role}"
            self._names[own] = name
            if name not in self.orders:
                of = self.orders[parent]
                self.orders[name] = Order(
                    of.asked, of.decision, of.venue, of.symbol, of.strategy, own, of.decided
                )
        return None if name is None else self.orders[name]


def _gapped(ticks: Ticks) -> bool:
    return any(notice.type is NoticeType.GAP for notice in ticks.notices)
