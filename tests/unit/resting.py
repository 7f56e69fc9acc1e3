"""A venue with orders at it, for tests: bids 99 and 98, asks 101 and 102, one base of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.book import Book
from engine.costs import ProportionalFees
from engine.numbers import price_units, quantity_units
from engine.venue.commands import Cancel, Command, Modify, Order, Protect
from engine.venue.events import Answer, Event, Filled
from engine.venue.market import Market
from engine.venue.parts import ConstantLatency, ConsumedBook
from engine.venue.simulation import Venue
from schemas.orders import OrderType, TimeInForce
from schemas.ticks import BookState
from tests.unit.market_tape import Row, record, whole

E = TypeVar("E", bound=Answer)

VENUE = Venue(ConstantLatency(nanoseconds=0), ConsumedBook(), ProportionalFees())
CALM = whole((("99", "1"), ("98", "1")), (("101", "1"), ("102", "1")))

PRICES = ("limit", "trigger", "stop", "target")


def order(order_id: str = "a", side: Any = "buy", quantity: str = "1", **fields: Any) -> Order:
    """A limit order that waits if it has a limit, else a market order; prices are text."""
    limited = "limit" in fields
    given: dict[str, Any] = {
        "type": OrderType.LIMIT if limited else OrderType.MARKET,
        "time_in_force": TimeInForce.GTC,
        "limit": None,
        "reduce_only": False,
        **fields,
        **{name: price_units(fields[name]) for name in PRICES if fields.get(name)},
    }
    return Order(order_id=order_id, due=0, side=side, quantity=quantity_units(quantity), **given)


def stop(order_id: str = "s", side: Any = "sell", quantity: str = "1", **fields: Any) -> Order:
    """A stop order: a stop limit one if it has a limit."""
    kind = OrderType.STOP_LIMIT if "limit" in fields else OrderType.STOP
    return order(order_id, side, quantity, **{"type": kind, **fields})


def modify(*orders: str, **fields: Any) -> Modify:
    """Change orders; prices and quantity are text."""
    quantity = quantity_units(fields["quantity"]) if "quantity" in fields else None
    limit, trigger = (fields.get(name) and price_units(fields[name]) for name in PRICES[:2])
    return Modify("modify", 0, orders, quantity, limit, trigger)


def cancel(*orders: str) -> Cancel:
    """Withdraw orders."""
    return Cancel("cancel", 0, orders)


def protect(**fields: str) -> Protect:
    """New stop or target."""
    stop, target = (price_units(fields[name]) if name in fields else None for name in PRICES[2:])
    return Protect("protect", 0, stop, target)


@dataclass
class Place:
    """A market that follows one record after another; `events` is all that was said."""

    market: Market[Book] = field(default_factory=lambda: Market(Book()))
    events: list[Event] = field(default_factory=list)
    venue: Venue = VENUE
    now: int = 0

    def pass_(self, *rows: Row, book: BookState = BookState.OK, missing: int = 0) -> list[Event]:
        """Let a record pass, with some missing before it; give what was said."""
        self.now += 10
        ticks = record(self.market.followed + 1 + missing, self.now, *rows, book=book)
        told = self.venue.follow(self.market, ticks)
        self.events += told
        return told

    def give(self, *commands: Command) -> list[Event]:
        """Let commands arrive one after the other."""
        for command in commands:
            self.venue.place(self.market, command)
        return self.pass_()

    def of(self, kind: type[E], order_id: str | None = None) -> list[E]:
        """What was said of a kind, of all orders or of one."""
        return [
            event for event in self.events
            if isinstance(event, kind) and order_id in (None, event.order_id)
        ]  # fmt: skip

    def fills(self, order_id: str | None = None) -> list[tuple[str, str, str]]:
        """Price, quantity and liquidity of fills."""
        return [
            (str(event.price / 10**20), str(event.quantity / 10**18), event.liquidity)
            for event in self.of(Filled, order_id)
        ]


def place(*commands: Command, reference: Any = "trade") -> Place:
    """A calm market at which commands have arrived."""
    venue = Venue(VENUE.latency, VENUE.liquidity, VENUE.fees, VENUE.queue, reference)
    made = Place(venue=venue)
    made.pass_(CALM)
    if commands:
        made.give(*commands)
    return made
