"""A venue with books of its own, that carries a machine's actions out or does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from engine.protection.actions import Action, Cancel, CloseNow, Place, Replace
from engine.protection.events import Changed, Event, Filled, Gone, Lost, Refused, Working
from engine.protection.state import State
from schemas.ticks import Side
from tests.unit.protecting import Guard

Answer = Literal["yes", "no", "lost", "recreate", "split", "broken"]


@dataclass
class Standing:
    """An order as the venue has it; cancelled: its end was asked for."""

    name: str
    kind: Literal["stop", "target", "close"]
    side: Side
    quantity: Decimal
    filled: Decimal = Decimal(0)
    live: bool = False
    cancelled: bool = False

    @property
    def rest(self) -> Decimal:
        return self.quantity - self.filled


@dataclass
class Books:
    """held: what is really held; asked: requests in the order in which they were made."""

    guard: Guard
    held: Decimal = Decimal(0)
    orders: dict[str, Standing] = field(default_factory=dict)
    asked: list[Action] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    @property
    def state(self) -> State:
        return self.guard.state

    @property
    def leaves(self) -> Side:
        return "sell" if self.held > 0 else "buy"

    def do(self, actions: list[Action]) -> None:
        """Take requests over, each of which must be a sound one."""
        for action in actions:
            self._take(action)

    def hear(self, event: Event) -> None:
        self.do(self.guard.hear(event))

    def _take(self, action: Action) -> None:
        match action:
            case Place(order):
                self._reduces(order.side, order.quantity)
                assert order.reduce_only
                self._new(Standing(order.name, order.role, order.side, order.quantity))
            case CloseNow():
                self._reduces(action.side, action.quantity)
                assert action.reduce_only or not self.state.able.reduce_only
                self._new(Standing(action.name, "close", action.side, action.quantity))
            case Replace():
                old = self.orders[action.name]
                self._reduces(old.side, action.rest)
                assert action.change not in self.names
                self.names.add(action.change)
            case Cancel(name):
                if name in self.orders:
                    self.orders[name].cancelled = True
            case _:
                return
        self.asked.append(action)

    def _new(self, order: Standing) -> None:
        assert order.name not in self.names, "a name is given once"
        self.names.add(order.name)
        self.orders[order.name] = order

    def _reduces(self, side: Side, quantity: Decimal) -> None:
        assert self.held, "nothing is held"
        assert side == self.leaves
        assert 0 < quantity <= abs(self.held)

    def answer(self, how: Answer) -> None:
        """The oldest request is carried out, or not."""
        if not self.asked:
            return
        action = self.asked.pop(0)
        match action:
            case Place(order):
                self._placed(order.name, how)
            case CloseNow():
                self._placed(action.name, how)
            case Replace():
                self._replaced(action, how)
            case Cancel(name):
                self.orders.pop(name, None)
                self.hear(Gone(name, self.guard.now))

    def _placed(self, name: str, how: Answer) -> None:
        if name not in self.orders:
            return
        if how in ("no", "lost"):
            del self.orders[name]
            ended = Refused if how == "no" else Lost
            self.hear(ended(name, self.guard.now))
        else:
            self.orders[name].live = True
            self.hear(Working(name, self.guard.now))

    def _replaced(self, action: Replace, how: Answer) -> None:
        old, now = self.orders.get(action.name), self.guard.now
        if old is None or how in ("no", "lost"):
            self.hear((Lost if how == "lost" else Refused)(action.change, now))
        elif how == "yes":
            old.quantity = max(action.quantity, old.filled)
            self.hear(Changed(action.change, old.name, now))
        elif how == "broken":
            del self.orders[old.name]
            self.hear(Refused(action.change, now))
            self.hear(Gone(old.name, now))
        else:
            del self.orders[old.name]
            rest = action.quantity - old.filled
            new = Standing(action.change, old.kind, old.side, rest, live=True)
            new.cancelled = old.cancelled
            self.orders[new.name] = new
            if how == "split":
                self.hear(Gone(old.name, now))
            self.hear(Changed(action.change, new.name, now, rest))

    def fill(self, pick: int, part: int) -> None:
        """One of the live orders trades, no more than the position."""
        live = [each for each in self.orders.values() if each.live and each.side == self.leaves]
        if not live or not self.held:
            return
        self.trade(live[pick % len(live)], Decimal(part))

    def trade(self, order: Standing, most: Decimal) -> None:
        """An order trades, if it is live and would reduce."""
        reducing = abs(self.held) if order.side == self.leaves else Decimal(0)
        quantity = min(order.rest, reducing, most)
        if quantity <= 0 or not order.live:
            return
        order.filled += quantity
        self.held += quantity if order.side == "buy" else -quantity
        if not order.rest:
            del self.orders[order.name]
        self.hear(Filled(order.name, quantity, self.guard.now))

    def lose(self, pick: int) -> None:
        """One of the live orders is gone, for no reason that is told."""
        live = [each for each in self.orders.values() if each.live]
        if live:
            name = live[pick % len(live)].name
            del self.orders[name]
            self.hear(Gone(name, self.guard.now))

    def of(self, kind: str, keep: Callable[[Standing], bool] = lambda one: True) -> list[Standing]:
        return [each for each in self.orders.values() if each.kind == kind and keep(each)]
