"""Market ticks held back until an order record asks for them.

The executor is a function of trading.orders and of the content of market.ticks, not of when either
arrives: a ticks record is followed only when an order record that rests on it (or on a later one)
has its turn. Ticks run ahead of orders by the lag of the stages between. The first ones wait as
they were read, so that each is decoded once; when the lag is long the others wait as bytes, which
are several times smaller, and are decoded again at their turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.codec import decode
from schemas.ticks import Ticks
from topics.snapshots import Place

READY = 256
"""Records of a market that wait decoded."""


@dataclass(frozen=True, slots=True)
class Held:
    """One ticks record: as it is on the topic, or decoded."""

    seq: int
    place: Place
    offset: int
    content: bytes | Ticks


@dataclass
class HeldTicks:
    """What is held of one market, in sequence; `latest` is the last sequence that came."""

    latest: int = -1
    queue: deque[Held] = field(default_factory=deque)

    def add(self, place: Place, offset: int, value: bytes, ticks: Ticks) -> None:
        """Hold back a record, given as bytes and decoded; a double is dropped."""
        if ticks.seq > self.latest:
            self.latest = ticks.seq
            content = ticks if len(self.queue) < READY else value
            self.queue.append(Held(ticks.seq, place, offset, content))

    def between(self, after: int, upto: int) -> Iterator[Ticks]:
        """The records with after < seq <= upto, in sequence."""
        for held in self.queue:
            if held.seq > upto:
                return
            if held.seq > after:
                content = held.content
                yield content if isinstance(content, Ticks) else decode(Ticks, content)

    def release(self, upto: int) -> None:
        """Let go of what every account has followed."""
        while self.queue and self.queue[0].seq <= upto:
            self.queue.popleft()

    def first_after(self, seq: int) -> Held | None:
        """The first record that an account which followed up to `seq` still needs."""
        return next((held for held in self.queue if held.seq > seq), None)
