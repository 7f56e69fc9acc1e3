"""Token buckets of one process: what a worker goes by while Redis is away. Pure.

The same rules as the Lua script of executor.guard.budget, which is the shared form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple


class Priority(IntEnum):
    """What goes first: cancels and protection, then what else is sent, then reads."""

    LESSENS = 0
    SEND = 1
    READ = 2


RESERVE = {Priority.LESSENS: 0.0, Priority.SEND: 0.2, Priority.READ: 0.5}
"""The share of a bucket's burst that a priority leaves to those above it."""


class Wish(NamedTuple):
    """`cost` of the bucket `name`, of which `burst` may be used at once, and `rate` a second.

    leaves: how much must be left after it.
    """

    name: str
    burst: float
    rate: float
    cost: float
    leaves: float

    @property
    def needs(self) -> float:
        """Tokens that must be there; what costs more than the burst waits until it is full."""
        return min(self.cost + self.leaves, self.burst)


class Left(NamedTuple):
    """What a bucket had at a time, s, and how it fills."""

    tokens: float
    at: float
    burst: float
    rate: float

    def used(self, now: float) -> float:
        """The share of it that is used by now, 0 to 1; what is owed counts as used."""
        has = self.tokens + max(now - self.at, 0.0) * self.rate
        return min(max(1 - has / self.burst, 0.0), 1.0)


@dataclass(slots=True)
class Buckets:
    """Tokens by bucket, each full at first. shut: seconds before which nothing is given."""

    tokens: dict[str, tuple[float, float]] = field(default_factory=dict)
    until: float = 0.0

    def take(self, wishes: Sequence[Wish], now: float) -> float:
        """0 when all wishes were met; else none was, and the seconds until they may be."""
        wait = max(self.until - now, 0.0)
        left: list[float] = []
        for wish in wishes:
            had, at = self.tokens.get(wish.name, (wish.burst, now))
            has = min(wish.burst, had + max(now - at, 0.0) * wish.rate)
            left.append(has - wish.cost)
            if has < wish.needs:
                wait = max(wait, (wish.needs - has) / wish.rate)
        if wait == 0.0:
            for wish, rest in zip(wishes, left, strict=True):
                self.tokens[wish.name] = (rest, now)
        return wait

    def shut(self, until: float) -> None:
        """Give nothing before then."""
        self.until = max(self.until, until)
