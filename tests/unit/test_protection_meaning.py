"""The machine's pair does what the simulated venue's own pair does, in the same market."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, price_units, quantity_units
from engine.protection import events as told
from engine.protection.actions import Action, Alarm, Cancel, CloseNow, Place, Replace
from engine.protection.events import Terms
from engine.venue import commands, events
from schemas.orders import TimeInForce
from tests.recorded import long
from tests.unit.market_tape import trade, whole
from tests.unit.protecting import Guard, terms
from tests.unit.resting import Place as Venue
from tests.unit.resting import order, place

DEEP = whole((("99", "50"), ("80", "50")), (("101", "50"), ("120", "50")))
SECOND = 10**9


@dataclass
class Guarded:
    """A venue whose orders name no protection, and the machine that asks it for theirs."""

    at: Venue
    terms: dict[str, Terms] = field(default_factory=dict)
    guard: Guard = field(default_factory=Guard)
    changes: dict[str, str] = field(default_factory=dict)

    def enter(self, name: str, side: Any, quantity: str, named: Terms) -> None:
        self.terms[name] = named
        self.at.venue.place(self.at.market, order(name, side, quantity))

    def pass_(self, *rows: Any) -> None:
        for event in self.at.pass_(*rows):
            self._hear(event)

    def _hear(self, event: Any) -> None:
        for one in self._of(event):
            self._do(self.guard.hear(one))

    def _of(self, event: Any) -> list[Any]:
        """What the machine hears of it."""
        self.guard.now = now = max(self.guard.now, event.at)
        name = event.order_id
        match event:
            case events.Filled() if name in self.terms:
                side = "buy" if name.startswith("b") else "sell"
                price = Decimal(event.price).scaleb(-PRICE_DECIMALS)
                size = Decimal(event.quantity).scaleb(-QUANTITY_DECIMALS)
                return [told.EntryFilled(name, side, size, price, self.terms[name], now)]  # type: ignore[arg-type]
            case events.Filled():
                size = Decimal(event.quantity).scaleb(-QUANTITY_DECIMALS)
                return [told.Filled(name, size, now)]
            case events.Opened():
                return [told.Working(name, now)]
            case events.Triggered():
                return [told.Working(name, now, awake=True)]
            case events.Cancelled() if name not in self.terms:
                return [told.Gone(name, now)]
            case events.Done() if name in self.changes:
                return [told.Changed(name, self.changes[name], now)]
            case events.Rejected():
                return [told.Refused(name, now)]
        return []

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            self.at.venue.place(self.at.market, self._command(action))

    def _command(self, action: Action) -> commands.Command:
        match action:
            case Place(one):
                limit, trigger = (None if x is None else price_units(f"{x:f}")
                                  for x in (one.price, one.trigger))  # fmt: skip
                return commands.Order(
                    one.name, 0, one.side, one.type, TimeInForce.GTC, _units(one.quantity), limit,
                    True, trigger=trigger,
                )  # fmt: skip
            case Replace():
                self.changes[action.change] = action.name
                limit, trigger = (None if x is None else price_units(f"{x:f}")
                                  for x in (action.price, action.trigger))  # fmt: skip
                quantity = _units(action.quantity)
                return commands.Modify(action.change, 0, (action.name,), quantity, limit, trigger)
            case Cancel():
                return commands.Cancel(action.command, 0, (action.name,))
            case CloseNow() | Alarm():
                raise AssertionError(action)


def _units(quantity: Decimal) -> int:
    return quantity_units(f"{quantity:f}")


STEP = st.one_of(
    st.tuples(st.just("price"), st.integers(88, 112), st.just(0)),
    st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 3), st.integers(0, 3)),
)
NAMED = (("95", "105"), ("93", "107"), ("97", None), (None, None))
OPPOSITE = (("105", "95"), ("107", "93"), ("103", None), (None, None))


@settings(max_examples=long(300, 100), deadline=None)
@given(st.lists(STEP, max_size=14))
def test_the_same_trades_leave_the_same_position(steps: list[tuple[str, int, int]]) -> None:
    """Entries, adds and turns with their own prices or none, and a market that runs about."""
    own, guarded = calm(), Guarded(calm())
    for number, (kind, first, second) in enumerate(steps):
        if kind == "price":
            row = trade(str(first), "0.5")
            for at in (own, guarded):
                at.pass_(row)
        else:
            prices = NAMED[second] if kind == "buy" else OPPOSITE[second]
            name, (stop, target) = f"{kind[0]}{number}", prices
            own.venue.place(own.market, order(name, kind, str(first), stop=stop, target=target))
            guarded.enter(name, kind, str(first), terms(stop, target))
        for at in (own, guarded):
            for _ in range(3):
                at.pass_(DEEP)
        assert guarded.at.market.position == own.market.position
        assert _held(guarded) == Decimal(own.market.position)
        assert shown(guarded.at) == shown(own)


def calm() -> Venue:
    """A market that lets an account's own orders alone, whatever they are for."""
    made = place()
    made.venue = replace(made.venue, prevention="none")
    return made


def _held(guarded: Guarded) -> Decimal:
    return guarded.guard.state.held.scaleb(QUANTITY_DECIMALS)


def shown(at: Venue) -> set[tuple[Any, ...]]:
    """The protective orders at the venue."""
    return {
        (live.order.type, live.order.side, live.rest, live.price)
        for live in at.market.resting.values()
    }
