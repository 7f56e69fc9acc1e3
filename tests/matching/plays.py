"""Both engines under one suite: what a scenario needs to say little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.matching.codes import (
    BUY,
    FOK,
    IOC,
    SELL,
    Command,
    Event,
    Happening,
    Kind,
    Op,
    Phase,
)
from engine.matching.instrument import Instrument

PLAIN = Instrument(lowest=1, highest=1_000, reference=100)


class Matching(Protocol):
    """What both engines do."""

    def submit(self, command: Command) -> Sequence[Event]: ...

    def words(self) -> Sequence[int]: ...


Maker = Callable[[Sequence[Instrument], int, int], Matching]


@dataclass
class Play:
    """A scenario: short words for commands, and short rows for what they gave."""

    make: Maker
    instruments: tuple[Instrument, ...] = (PLAIN,)
    accounts: int = 8
    max_orders: int = 64
    ids: int = 0
    said: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = self.make(self.instruments, self.accounts, self.max_orders)

    def send(self, command: Command) -> list[Event]:
        self.said = [Event(*row) for row in self.engine.submit(command)]
        return self.said

    def place(self, side: int, quantity: int, price: int = 0, **more: int) -> int:
        """Place an order, by default a limit one where it has a price; its id."""
        self.ids += 1
        more.setdefault("kind", Kind.LIMIT if price else Kind.MARKET)
        command = Command(Op.PLACE, side, order_id=self.ids, quantity=quantity, price=price, **more)
        self.send(command)
        return self.ids

    def buy(self, quantity: int, price: int = 0, **more: int) -> int:
        return self.place(BUY, quantity, price, **more)

    def sell(self, quantity: int, price: int = 0, **more: int) -> int:
        return self.place(SELL, quantity, price, **more)

    def cancel(self, order_id: int, account: int = 0) -> None:
        self.send(Command(Op.CANCEL, order_id=order_id, account=account))

    def reduce(self, order_id: int, quantity: int) -> None:
        self.send(Command(Op.REDUCE, order_id=order_id, quantity=quantity))

    def amend(self, order_id: int, quantity: int = 0, price: int = 0, trigger: int = 0) -> None:
        self.send(
            Command(Op.AMEND, order_id=order_id, quantity=quantity, price=price, trigger=trigger)
        )

    def phase(self, phase: Phase) -> None:
        self.send(Command(Op.PHASE, kind=phase))

    def band(self, low: int, high: int) -> None:
        self.send(Command(Op.BAND, price=low, trigger=high))

    def hold(self, account: int, quantity: int) -> None:
        self.send(Command(Op.POSITION, account=account, quantity=quantity))

    def print_at(self, price: int) -> list[Event]:
        """Make a trade of 1 at a price, by orders that leave nothing behind."""
        self.sell(1, price)
        self.buy(1, price)
        return self.said

    @property
    def trades(self) -> list[tuple[int, int, int, int]]:
        """(taker, maker, price, quantity) of the last command."""
        return [
            (e.order_id, e.maker_id, e.price, e.quantity)
            for e in self.said
            if e.happening == Happening.TRADE
        ]

    @property
    def told(self) -> list[tuple[Happening, int]]:
        """(happening, order) of the last command."""
        return [(Happening(e.happening), e.order_id) for e in self.said]

    @property
    def why(self) -> int:
        """The reason of the last event."""
        return self.said[-1].why

    @property
    def last(self) -> Event:
        return self.said[-1]


__all__ = ["BUY", "FOK", "IOC", "PLAIN", "SELL", "Happening", "Matching", "Play"]
