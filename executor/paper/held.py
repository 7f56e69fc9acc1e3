"""Market ticks held back until an order record asks for them.

The executor is a function of trading.orders and of the content of market.ticks, not of when either
arrives: a ticks record is followed only when an order record that rests on it (or on a later one)
has its turn. Ticks run ahead of orders by the lag of the stages between. They wait as bytes, which
are several times smaller than what they say, and are decoded at their turn, once for all accounts
and only as far as one of them looks: quotes, most of what they say, matter to orders that rest.
Beyond BUDGET they are left where they are, on the topic, and read again when the others have gone:
an hour without orders costs no memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from confluent_kafka import Message

from schemas.codec import HEAD, decode
from schemas.errors import Poison
from schemas.ticks import Ticks
from topics.snapshots import Place

Unreadable = Callable[[Poison, bytes], None]

BUDGET = 32 << 20
"""Bytes of a market that wait in memory."""


@dataclass(slots=True)
class Held:
    """One ticks record as it is on the topic; then decoded as well, but for the fields `left`.

    told: it proved unreadable, and that was said.
    """

    seq: int
    place: Place
    offset: int
    value: bytes
    ticks: Ticks | None = None
    left: frozenset[str] = frozenset()
    told: bool = False


@dataclass
class HeldTicks:
    """What is held of one market, in sequence.

    latest: the last sequence that came; left: place and offset of the first record that was left
    on the topic, None when all that came is here. size: bytes that wait here.
    """

    latest: int = -1
    queue: deque[Held] = field(default_factory=deque)
    left: tuple[Place, int] | None = None
    size: int = 0

    def add(self, place: Place, offset: int, seq: int, value: bytes) -> None:
        """Hold back a record, or leave it on the topic; a double is dropped."""
        if seq <= self.latest:
            return
        self.latest = seq
        if self.left is None and not self._hold(place, offset, seq, value, BUDGET):
            self.left = place, offset

    def add_again(self, key: bytes, messages: Iterable[Message], upto: int) -> None:
        """Hold what was left on the topic, as far as there is room; messages: those of the left
        place from the left offset on, up to before offset `upto`, in order.
        """
        assert self.left is not None
        place, last = self.left[0], self.queue[-1].seq if self.queue else -1
        room = max(BUDGET, self.size + BUDGET // 8)  # others may not have gone: it must go on
        for message in messages:
            offset, value = message.offset() or 0, bytes(message.value() or b"")
            head = HEAD.match(value) if message.key() == key else None
            seq = int(head[3]) if head else -1
            if last < seq <= self.latest:
                if not self._hold(place, offset, seq, value, room):
                    self.left = place, offset
                    return
                last = seq
        self.left = None if last >= self.latest else (place, upto)

    def _hold(self, place: Place, offset: int, seq: int, value: bytes, room: int) -> bool:
        """False when there is no room; one record always has room."""
        if self.queue and self.size + len(value) > room:
            return False
        self.queue.append(Held(seq, place, offset, value))
        self.size += len(value)
        return True

    def lacks(self, upto: int) -> bool:
        """True when records up to that sequence were left on the topic."""
        return self.left is not None and (not self.queue or self.queue[-1].seq < upto)

    def between(
        self, after: int, upto: int, leaving: Callable[[], frozenset[str]], unreadable: Unreadable
    ) -> Iterator[Ticks]:
        """The records with after < seq <= upto, in sequence; what cannot be read is told once.

        leaving: asked before each, the fields that its reader does not look at.
        """
        for held in self.queue:
            if held.seq > upto:
                return
            if held.seq > after and (ticks := _read(held, leaving(), unreadable)) is not None:
                yield ticks

    def release(self, upto: int) -> None:
        """Let go of what every account has followed."""
        while self.queue and self.queue[0].seq <= upto:
            self.size -= len(self.queue.popleft().value)

    def first_after(self, seq: int) -> tuple[Place, int] | None:
        """Where the first record lies that an account which followed up to `seq` still needs."""
        held = next((held for held in self.queue if held.seq > seq), None)
        return self.left if held is None else (held.place, held.offset)


def _read(held: Held, leaving: frozenset[str], unreadable: Unreadable) -> Ticks | None:
    """The record decoded, and kept so for the next account if that looks at no more of it."""
    if held.told or (held.ticks is not None and held.left <= leaving):
        return held.ticks
    try:
        held.ticks, held.left = decode(Ticks, held.value, leaving), leaving
    except Poison as poison:
        held.ticks, held.told = None, True
        unreadable(poison, held.value)
    return held.ticks
