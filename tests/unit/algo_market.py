"""A venue that does what a test says, for parent orders: commands arrive late, children trade."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from engine.algos.algorithm import Algorithm
from engine.algos.commands import AmendChild, ChildCommand, PlaceChild, WithdrawChild
from engine.algos.course import hear
from engine.algos.events import Answered, Began, Ended, Event, Filled, Opened, Replaced
from engine.algos.orders import ParentOrder
from engine.algos.saving import dump_parent, load_parent
from schemas.refusals import Reason


@dataclass
class Desk:
    """One parent order and its children. sent: every command so far; coming: those on their way.

    resting: rest of each child at the venue, by id; whole: their whole quantity; now: ns.
    """

    algorithm: Algorithm[Any]
    parent: ParentOrder
    state: Any = None
    sent: list[ChildCommand] = field(default_factory=list)
    coming: list[ChildCommand] = field(default_factory=list)
    resting: dict[str, int] = field(default_factory=dict)
    whole: dict[str, int] = field(default_factory=dict)
    limits: dict[str, int | None] = field(default_factory=dict)
    traded: int = 0
    now: int = 0

    def begin(self) -> Desk:
        """Work it."""
        self.state = self.algorithm.initial(self.parent)
        return self.hear(Began(self.now))

    def hear(self, event: Event) -> Desk:
        """Let the parent hear, and check its books against the venue's."""
        self.state, self.parent, commands = hear(self.algorithm, self.state, self.parent, event)
        for command in commands:
            self.sent.append(command)
            self.coming.append(command)
            if isinstance(command, PlaceChild):
                assert self.out() + self.traded <= self.parent.quantity
        assert self.parent.filled == self.traded
        return self

    def out(self) -> int:
        """What may still trade: at the venue and on its way."""
        placed = (each.quantity for each in self.coming if isinstance(each, PlaceChild))
        return sum(self.resting.values()) + sum(placed)

    def arrive(self, refused: Reason | None = None) -> Desk:
        """The oldest command reaches the venue, which may refuse it."""
        self.now += 1
        command = self.coming.pop(0)
        match command:
            case PlaceChild():
                self._placed(command, refused)
            case AmendChild():
                self._amended(command, refused)
            case WithdrawChild():
                if self.resting.pop(command.child, 0):
                    self.hear(Ended(self.now, command.child, None))
                self.hear(Answered(self.now, command.order_id, None))
        return self

    def _placed(self, command: PlaceChild, refused: Reason | None) -> None:
        name = command.order_id
        assert name not in self.whole, "an id was used twice"
        self.whole[name], self.limits[name] = command.quantity, command.limit
        if refused is None:
            self.resting[name] = command.quantity
            self.hear(Opened(self.now, name))
        else:
            self.hear(Ended(self.now, name, refused))

    def _amended(self, command: AmendChild, refused: Reason | None) -> None:
        name = command.child
        there = name in self.resting
        if there and refused is None:
            filled = self.whole[name] - self.resting[name]
            self.whole[name] = command.quantity or self.whole[name]
            self.limits[name] = command.limit or self.limits[name]
            self.resting[name] = self.whole[name] - filled
            if self.resting[name] <= 0:
                del self.resting[name]
                self.hear(Ended(self.now, name, None))
            else:
                self.hear(Replaced(self.now, name, self.whole[name], self.limits[name]))
        reason = refused if there else Reason.UNKNOWN_ORDER
        self.hear(Answered(self.now, command.order_id, reason))

    def trade(self, quantity: int, name: str | None = None) -> Desk:
        """Others trade with a child, the oldest unless named, as far as it goes."""
        name = name or next(iter(self.resting))
        quantity = min(quantity, self.resting[name])
        self.resting[name] -= quantity
        self.traded += quantity
        if not self.resting[name]:
            del self.resting[name]
        return self.hear(Filled(self.now, name, quantity, 100))

    def end(self, reason: Reason, name: str | None = None) -> Desk:
        """The venue ends a child by itself."""
        name = name or next(iter(self.resting))
        del self.resting[name]
        return self.hear(Ended(self.now, name, reason))

    def restart(self) -> Desk:
        """State through JSON."""
        dumped = orjson.dumps([self.algorithm.dump(self.state), dump_parent(self.parent)])
        state, parent = orjson.loads(dumped)
        again = self.algorithm.load(state), load_parent(parent)
        assert again == (self.state, self.parent)
        self.state, self.parent = again
        return self


def working(algorithm: Algorithm[Any], quantity: int = 10, **fields: Any) -> Desk:
    """An order to buy at 100 that is being worked."""
    parent = ParentOrder("p", "buy", quantity, 100)
    return Desk(algorithm, replace(parent, **fields)).begin()
