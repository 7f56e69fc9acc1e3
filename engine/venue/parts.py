"""The venue's habits: when a command arrives, what an order may take, when its turn comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

Take = tuple[int, int]
"""A price and the quantity taken at it."""


class LatencyModel(Protocol):
    """When a command reaches the venue."""

    def arrival(self, sent: int) -> int:
        """Nanoseconds of market time at which a command sent at `sent` is acted on."""
        ...


class LiquidityModel(Protocol):
    """What an order may take from the book."""

    def take(self, levels: Iterable[Take], quantity: int) -> Iterator[Take]:
        """Fills, best price first, of at most `quantity` in all."""
        ...


class QueueModel(Protocol):
    """How long an order at a price waits: the quantity ahead of it, as far as it is known."""

    def joined(self, displayed: int | None) -> int | None:
        """Ahead of an order that joins a level; None where the level is out of sight."""
        ...

    def displayed(self, ahead: int | None, quantity: int) -> int | None:
        """Ahead, after the level is displayed with a quantity."""
        ...

    def traded(self, ahead: int | None, quantity: int) -> tuple[int | None, int]:
        """Ahead after a trade at the price, and how much of the trade reaches the order."""
        ...


class ConstantLatency(BaseModel):
    """Every command takes as long; default 5 ms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nanoseconds: int = Field(default=5_000_000, ge=0)

    def arrival(self, sent: int) -> int:
        """Sent plus the latency."""
        return sent + self.nanoseconds


class DisplayedBook(BaseModel):
    """The displayed quantities at the displayed prices; own impact is forgotten.

    Two orders may take the same level: the recorded market goes on as if neither had been there.
    A model that consumes would remember here what it has given until the level changes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def take(self, levels: Iterable[Take], quantity: int) -> Iterator[Take]:
        """Level by level until the quantity or the book is used up."""
        for price, displayed in levels:
            if quantity <= 0:
                return
            taken = min(quantity, displayed)
            quantity -= taken
            yield price, taken


class TradedQueue(BaseModel):
    """An order moves up by trades only; whoever cancels was behind it.

    The whole displayed quantity is ahead of an order that joins. It falls by what trades at the
    price, and never exceeds what is displayed (so an emptied level leaves nothing ahead). Source:
    RiskAdverseQueueModel of hftbacktest (hftbacktest/src/backtest/models/queue.rs). A level out of
    sight has an unknown queue until it is displayed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def joined(self, displayed: int | None) -> int | None:
        """All that is displayed."""
        return displayed

    def displayed(self, ahead: int | None, quantity: int) -> int | None:
        """No more than is displayed."""
        return quantity if ahead is None else min(ahead, quantity)

    def traded(self, ahead: int | None, quantity: int) -> tuple[int | None, int]:
        """What is ahead trades first; nothing is known to reach an order with an unknown queue."""
        if ahead is None:
            return None, 0
        return max(0, ahead - quantity), max(0, quantity - ahead)
