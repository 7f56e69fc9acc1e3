"""Market ticks held back until an order record asks for them.

The executor is a function of trading.orders and of the content of market.ticks, not of when either
arrives: a ticks record is followed only when an order record that rests on it (or on a later one)
has its turn. Ticks run ahead of orders by the lag of the stages between; they wait here as bytes.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.codec import decode
from schemas.ticks import Ticks
from topics.snapshots import Place

SEQUENCE = re.compile(rb'\{"v":\d+,"id":"[^"]*","cause":"[^"]*","seq":(\d+),')
"""The head of a record as our codec writes it: reading the sequence alone costs a microsecond."""


def sequence_of(value: bytes) -> int:
    """The sequence of an encoded ticks record."""
    head = SEQUENCE.match(value)
    return int(head[1]) if head else decode(Ticks, value).seq


@dataclass(frozen=True, slots=True)
class Held:
    """One ticks record as it is on the topic."""

    seq: int
    place: Place
    offset: int
    value: bytes


@dataclass
class HeldTicks:
    """What is held of one market, in sequence; `latest` is the last sequence that came."""

    latest: int = -1
    queue: deque[Held] = field(default_factory=deque)

    def add(self, place: Place, offset: int, value: bytes) -> None:
        """Hold a record back; a double is dropped. Raises Poison if it is none of ours."""
        seq = sequence_of(value)
        if seq > self.latest:
            self.latest = seq
            self.queue.append(Held(seq, place, offset, value))

    def between(self, after: int, upto: int) -> Iterator[Ticks]:
        """The records with after < seq <= upto, in sequence."""
        for held in self.queue:
            if held.seq > upto:
                return
            if held.seq > after:
                yield decode(Ticks, held.value)

    def release(self, upto: int) -> None:
        """Let go of what every account has followed."""
        while self.queue and self.queue[0].seq <= upto:
            self.queue.popleft()

    def first_after(self, seq: int) -> Held | None:
        """The first record that an account which followed up to `seq` still needs."""
        return next((held for held in self.queue if held.seq > seq), None)
