"""The venue's habits: when a command arrives, and what an order may take. (queues: its turn.)"""

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
