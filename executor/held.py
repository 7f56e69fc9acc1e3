"""Market ticks held back until an order record asks for them.

The executor is a function of trading.orders and of the content of market.ticks, not of when either
arrives: a ticks record is followed only when an order record that rests on it (or on a later one)
has its turn. Ticks run ahead of orders by the lag of the stages between. They wait as bytes, which
are several times smaller than what they say, and are decoded at their turn, once for all accounts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from schemas.codec import decode
from schemas.errors import Poison
from schemas.ticks import Ticks
from topics.snapshots import Place

Unreadable = Callable[[Poison, bytes], None]


@dataclass(slots=True)
class Held:
    """One ticks record: as it is on the topic, then decoded; None once it proved unreadable."""

    seq: int
    place: Place
    offset: int
    content: bytes | Ticks | None


@dataclass
class HeldTicks:
    """What is held of one market, in sequence; `latest` is the last sequence that came."""

    latest: int = -1
    queue: deque[Held] = field(default_factory=deque)

    def add(self, place: Place, offset: int, seq: int, value: bytes) -> None:
        """Hold back a record; a double is dropped."""
        if seq > self.latest:
            self.latest = seq
            self.queue.append(Held(seq, place, offset, value))

    def between(self, after: int, upto: int, unreadable: Unreadable) -> Iterator[Ticks]:
        """The records with after < seq <= upto, in sequence; what cannot be read is told once."""
        for held in self.queue:
            if held.seq > upto:
                return
            if held.seq > after and (ticks := _read(held, unreadable)) is not None:
                yield ticks

    def release(self, upto: int) -> None:
        """Let go of what every account has followed."""
        while self.queue and self.queue[0].seq <= upto:
            self.queue.popleft()

    def first_after(self, seq: int) -> Held | None:
        """The first record that an account which followed up to `seq` still needs."""
        return next((held for held in self.queue if held.seq > seq), None)


def _read(held: Held, unreadable: Unreadable) -> Ticks | None:
    """The record decoded, and kept so for the next account."""
    if isinstance(held.content, bytes):
        value = held.content
        try:
            held.content = decode(Ticks, value)
        except Poison as poison:
            held.content = None
            unreadable(poison, value)
    return held.content
