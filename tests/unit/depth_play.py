"""The same orders in the compiled depth desk and at the simulated venue: what each of them says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from engine.book import Book
from engine.costs import ProportionalFees
from engine.depth import layout as at
from engine.depth.columns import DepthColumns, Gatherer
from engine.depth.desk import DepthLog, DepthRules, Desk
from engine.depth.layout import CANCEL, FOK, GTC, IOC, MARKET, POST_ONLY
from engine.depth.view import cancel, orders, place
from engine.matching.memory import load
from engine.venue.commands import Cancel, Command, Order
from engine.venue.events import Answer, Cancelled, Done, Filled, Opened, Rejected
from engine.venue.market import Market
from engine.venue.parts import ConstantLatency, ConsumedBook, DisplayedBook, LiquidityModel
from engine.venue.queues import ProbableByLog, ProbableByPower, QueueModel, RiskAverse
from engine.venue.simulation import Venue
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.ticks import Ticks

Said = tuple[Any, ...]
"""at, what, id, price, quantity, filled, rest, why."""

FORCES = {
    POST_ONLY: TimeInForce.GTC, GTC: TimeInForce.GTC, IOC: TimeInForce.IOC, FOK: TimeInForce.FOK,
    MARKET: TimeInForce.IOC,
}  # fmt: skip
BOOKS = {
    at.NO_BOOK: Reason.NO_LIQUIDITY, at.GAPPED: Reason.GAPPED_BOOK, at.STALE: Reason.STALE_BOOK,
    at.CROSSED: Reason.CROSSED_BOOK,
}  # fmt: skip
WHY = {
    at.ASKED: None, at.NO_LIQUIDITY: Reason.NO_LIQUIDITY, at.WOULD_TAKE: Reason.WOULD_TAKE,
    at.SELF_TRADE: Reason.SELF_TRADE, at.UNKNOWN_ORDER: Reason.UNKNOWN_ORDER,
    **{at.BAD_BOOK + state: reason for state, reason in BOOKS.items()},
}  # fmt: skip


class Script(NamedTuple):
    """What a scripted strategy does: rows of its act, op, side, price, quantity, kind."""

    rows: int
    length: int
    every: int
    first: int


SCRIPTED = 6


def scripted(desk: int, script: Script) -> None:
    """Play the rows of this act; of a cancel, the price chooses among the orders known."""
    turn = (load(desk, at.NOW) - script.first) // script.every
    for row in range(script.length):
        one = script.rows + 8 * SCRIPTED * row
        if load(one, 0) != turn:
            continue
        if load(one, 1) != CANCEL:
            place(desk, load(one, 2), load(one, 3), load(one, 4), load(one, 5))
        elif orders(desk) > 0:
            cancel(desk, load(one, 3) % orders(desk))


def columns_of(records: Iterable[Ticks]) -> DepthColumns:
    """The records as columns."""
    gatherer = Gatherer()
    for ticks in records:
        gatherer.take(ticks)
    return gatherer.columns()


def played(
    columns: DepthColumns, rules: DepthRules, rows: Sequence[Sequence[int]], every: int
) -> DepthLog:
    """The log of a script."""
    table = np.array(rows, np.int64).reshape(-1, SCRIPTED)
    first = int(columns.time[0]) + every
    script = Script(table.ctypes.data, len(table), every, first)
    return Desk(columns, rules, every).run(scripted, script)


def told(columns: DepthColumns, log: DepthLog) -> list[Said]:
    """What the desk said, in the venue's words and units."""
    names = ("opened", "filled", "cancelled", "rejected", "done")
    said: list[Said] = []
    for when, kind, name, price, quantity, filled, rest, why in log.events.tolist():
        reason: Any = WHY[why] if kind != at.FILLED_BY else ("maker", "taker")[why]
        sizes = [each * columns.lot for each in (quantity, filled, rest)]
        if kind != at.FILLED_BY:
            sizes[1:] = [sizes[1] if kind == at.CANCELLED else 0, 0]
        said.append((when, names[kind], name, price * columns.tick, *sizes, reason))
    return said


def commands(columns: DepthColumns, log: DepthLog) -> list[Command]:
    """What was sent, for the venue."""
    sent: list[Command] = []
    for number, row in enumerate(log.commands.tolist()):
        _, due, op, target, side, price, quantity, kind = row
        if op == CANCEL:
            sent.append(Cancel(str(number), due, (str(target),)))
            continue
        market = kind == MARKET
        sent.append(
            Order(
                str(number), due, "sell" if side else "buy",
                OrderType.MARKET if market else OrderType.LIMIT, FORCES[kind],
                quantity * columns.lot, None if market else price * columns.tick, False,
                post_only=kind == POST_ONLY,
            )
        )  # fmt: skip
    return sent


def parts(columns: DepthColumns, rules: DepthRules) -> tuple[LiquidityModel, QueueModel]:
    """The venue's parts that the rules are."""
    lot = Decimal(columns.lot).scaleb(-18)
    queue: dict[int, QueueModel] = {
        at.RISK_AVERSE: RiskAverse(), at.PROB_LOG: ProbableByLog(lot=lot),
        at.PROB_POWER: ProbableByPower(power=rules.power, lot=lot),
    }  # fmt: skip
    return ConsumedBook() if rules.consumes else DisplayedBook(), queue[rules.model]


def venue_said(
    columns: DepthColumns, rules: DepthRules, sent: Sequence[Command], records: Iterable[Ticks]
) -> list[Said]:
    """What the simulated venue says of these commands in these records."""
    liquidity, queue = parts(columns, rules)
    prevention: Any = "cancel_oldest" if rules.prevents else "none"
    venue = Venue(
        ConstantLatency(nanoseconds=0), liquidity, ProportionalFees(), queue, "trade", prevention
    )
    market: Market[Book] = Market(Book())
    for command in sent:
        venue.place(market, command)
    return [_said(event) for ticks in records for event in venue.follow(market, ticks)]


def _said(event: Any) -> Said:
    assert isinstance(event, Answer)
    start = (event.at, type(event).__name__.lower(), int(event.order_id))
    match event:
        case Filled():
            sizes = event.price, event.quantity, event.filled, event.rest
            return (*start, *sizes, event.liquidity)
        case Opened():
            return (*start, event.price, event.quantity, 0, 0, None)
        case Cancelled():
            return (*start, 0, 0, event.filled, 0, event.reason)
        case Rejected() | Done():
            return (*start, 0, 0, 0, 0, event.reason)
    raise AssertionError(event)
