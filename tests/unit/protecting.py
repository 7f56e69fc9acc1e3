"""A position and its machine, with short words for what it hears and what it wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from engine.protection import snapshot
from engine.protection.actions import Action, Alarm, Cancel, CloseNow, Place, Replace
from engine.protection.events import (
    Changed,
    EntryFilled,
    Event,
    Filled,
    Gone,
    PositionIs,
    PriceIs,
    Terms,
    Tick,
    Trailing,
    VenueHas,
    Working,
)
from engine.protection.machine import step
from engine.protection.state import DEFAULT, SECOND, ProtectionSettings, State
from schemas.orders import OrderType
from schemas.ticks import Side

START = 1_000 * SECOND
DERIVATIVES = VenueHas(frozenset(OrderType), True, START, Decimal("0.001"), Decimal("0.1"))
SPOT = VenueHas(frozenset({OrderType.MARKET, OrderType.LIMIT}), False, START, Decimal("0.001"))


def terms(
    stop: str | None = None, target: str | None = None, trailing: str | None = None,
    activation: str | None = None, lasts: int | None = None,
) -> Terms:  # fmt: skip
    """Of texts."""
    prices = [None if each is None else Decimal(each) for each in (stop, target, activation)]
    trails = None if trailing is None else Trailing.of(trailing)
    return Terms(prices[0], prices[1], trails, prices[2], lasts)


PAIR = terms("97", "106")


@dataclass
class Guard:
    """The machine at a time that goes on with what it hears; done: all that it ever wanted."""

    able: VenueHas = DERIVATIVES
    settings: ProtectionSettings = DEFAULT
    now: int = START
    state: State = field(default_factory=lambda: State("a", "BTC/USDT:USDT"))
    done: list[Action] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hear(self.able)

    def hear(self, event: Event) -> list[Action]:
        actions = step(self.state, event, self.settings)
        self.done += actions
        return actions

    def enters(
        self, quantity: str = "1", named: Terms = PAIR, order: str = "entry", side: Side = "buy",
        price: str = "100", late: int = 0,
    ) -> list[Action]:  # fmt: skip
        size, at = Decimal(quantity), self.now - late
        return self.hear(EntryFilled(order, side, size, Decimal(price), named, at))

    def price(self, price: str, after: int = 0) -> list[Action]:
        self.now += after
        return self.hear(PriceIs(Decimal(price), self.now))

    def position(self, quantity: str, after: int = 2 * SECOND) -> list[Action]:
        self.now += after
        return self.hear(PositionIs(Decimal(quantity), self.now))

    def tick(self, after: int = SECOND) -> list[Action]:
        self.now += after
        return self.hear(Tick(self.now))

    def works(self, name: str, **more: Any) -> list[Action]:
        return self.hear(Working(name, self.now, **more))

    def fills(self, name: str, quantity: str) -> list[Action]:
        return self.hear(Filled(name, Decimal(quantity), self.now))

    def gone(self, name: str) -> list[Action]:
        return self.hear(Gone(name, self.now))

    def name(self, role: Any) -> str:
        return self.state.halves[role].name

    def accept(self, actions: list[Action]) -> list[Action]:
        """The venue does all that is asked, at once."""
        more: list[Action] = []
        for action in actions:
            match action:
                case Place(order):
                    more += self.works(order.name)
                case Replace(name, change):
                    more += self.hear(Changed(change, name, self.now))
                case Cancel(name):
                    more += self.gone(name)
        return more

    def restart(self) -> None:
        """All that is known goes through JSON."""
        before = orjson.dumps(snapshot.dump(self.state))
        loaded = snapshot.load(orjson.loads(before))
        assert loaded == self.state
        assert orjson.dumps(snapshot.dump(loaded)) == before
        self.state = loaded


def protected(quantity: str = "1", named: Terms = PAIR, **more: Any) -> Guard:
    """A long position, bought at 100, whose stop and target work."""
    guard = Guard(**more)
    guard.accept(guard.enters(quantity, named))
    return guard


def told(actions: list[Action]) -> list[str]:
    """The actions in short: "place stop sell 1 @ 97"."""
    return [_short(each) for each in actions]


def _short(action: Action) -> str:
    match action:
        case Place(order):
            price = order.trigger if order.trigger is not None else order.price
            return f"place {order.role} {order.side} {_text(order.quantity)} @ {_text(price)}"
        case Replace():
            price = action.trigger if action.trigger is not None else action.price
            return f"replace {action.role} {_text(action.quantity)} @ {_text(price)}"
        case Cancel():
            return "cancel"
        case CloseNow():
            return f"close {action.side} {_text(action.quantity)}: {action.why}"
        case Alarm():
            return "alarm"


def _text(number: Decimal | None) -> str:
    return "none" if number is None else format(number.normalize(), "f")
