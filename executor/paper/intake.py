"""Orders in, statuses out: the executor's worker.

Order records wait, in the order of their partition, until the ticks they rest on have come; ticks
are held until an order asks for them (executor.paper.held). A record's journal entries are
acknowledged by the broker before anything else of it is published, and an entry that would tell a
second effect of an order ends the process (executor.paper.journal).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

import faust
from confluent_kafka import Consumer, Message

from executor.paper.held import HeldTicks
from executor.paper.journal import Journal
from schemas import names
from schemas.codec import HEAD, decode
from schemas.errors import Poison
from schemas.orders import OrderDecision
from schemas.record import Record, venue_of
from schemas.statuses import JournalEntry
from schemas.ticks import Ticks
from topics.cells import StageCell
from topics.leased import Leased
from topics.messages import key_of, of_key, place_of
from topics.reading import between, reader
from topics.settings import Settings
from topics.snapshots import Place

AGAIN = 2000
"""Messages that are read again at once, of what was left on market.ticks."""


class TimedStage(Protocol):
    """A stage that follows ticks up to where a record rests (engine.execution)."""

    def position_of(self, state: Any, market: str) -> int:
        """The last ticks sequence of a market that the state followed, -1 before the first."""
        ...

    def leaving(self, state: Any, market: str) -> frozenset[str]:
        """Fields of a market's next ticks record that `follow` does not look at."""
        ...

    def follow(self, state: Any, ticks: Any) -> None:
        """Let one ticks record pass in the state's markets."""
        ...


class Intake(Leased):
    """The worker of the executor stage; `cell` must be engine.stage.Cell."""

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        stage: Any,
        cell: type[StageCell],
        *,
        standing: Sequence[str],
    ) -> None:
        super().__init__(
            app, settings, stage, cell, standing=standing, broadcast=frozenset((names.TICKS,))
        )
        self.topics.append(settings.physical(names.TICKS))
        self.timed: TimedStage = stage
        self.journal = Journal()
        self._held: dict[str, HeldTicks] = {}
        self._reader: Consumer | None = None
        self._waiting: dict[Place, deque[tuple[Message, Record | Poison]]] = {}

    async def leased(self) -> None:
        """Read the journal: nobody else writes it from here on."""
        loop = asyncio.get_running_loop()
        self.journal = await loop.run_in_executor(None, Journal.load, self.settings, self._standing)

    async def message(self, message: Message) -> None:
        """Hold ticks, queue orders, then let every order that can go have its turn."""
        place = place_of(message)
        if self.settings.logical(place[0]) == names.TICKS:
            self._hold(message, place)
        elif venue_of(key_of(message)) not in self._standing:
            self._next[place] = (message.offset() or 0) + 1  # no lease, no order
        else:
            self._waiting.setdefault(place, deque()).append((message, self.read(message)))
        for waiting in self._waiting.values():
            while waiting and self._ready(waiting[0][1]):
                await self.received(*waiting.popleft())

    def _hold(self, message: Message, place: Place) -> None:
        key = key_of(message)
        value = bytes(message.value() or b"")
        try:
            seq = seq_of(key, value)
        except Poison as poison:
            self.outlet.letter(names.TICKS, key, None, str(poison), value)
        else:
            self._held.setdefault(key, HeldTicks()).add(place, message.offset() or 0, seq, value)
        self._next[place] = (message.offset() or 0) + 1
        for name in self._cells:
            self._lives(name, place)

    def _ready(self, record: Record | Poison) -> bool:
        """True when the ticks that an order record rests on have come (or it cannot be read)."""
        if not isinstance(record, OrderDecision):
            return True
        market = f"{record.venue}:{record.symbol}"
        cell = self._cells.get(record.account)
        if cell is None or self._jumps(cell, record):
            return True  # `take` says what is wrong with it
        held = self._held.get(market, HeldTicks()).latest
        return max(held, self._followed(cell, market)) >= record.tick

    def _jumps(self, cell: StageCell, record: OrderDecision) -> bool:
        """True for a record with a hole before it: no ticks need come for it."""
        last = cell.seen.get(names.ORDERS, {}).get(record.key)  # type: ignore[attr-defined]
        hidden = cell.holes.get(names.ORDERS, {})  # type: ignore[attr-defined]
        return last is not None and record.seq > last + 1 and record.key not in hidden

    def _followed(self, cell: StageCell, market: str) -> int:
        return self.timed.position_of(cell.state, market)  # type: ignore[attr-defined]

    async def feed(self, cell: StageCell, topic: str, record: Record) -> None:
        """Follow the market up to the record, then take it; the journal goes first."""
        assert isinstance(record, OrderDecision)
        market = f"{record.venue}:{record.symbol}"
        await self._follow(cell, market, record.tick)
        made = cell.take(topic, record)
        if await self._write([one.record for one in made if one.topic == names.JOURNAL]):
            await self.outlet.flush()
        for one in made:
            if one.topic != names.JOURNAL:
                self.outlet.emit(one.topic, one.key, one.record)

    async def _follow(self, cell: StageCell, market: str, upto: int) -> None:
        """Let the account's market pass up to a ticks record."""
        held, state = self._held.get(market, HeldTicks()), cell.state  # type: ignore[attr-defined]
        leaving = partial(self.timed.leaving, state, market)
        while True:
            lacks = held.lacks(upto)
            after = self._followed(cell, market)
            for ticks in held.between(after, upto, leaving, self._unreadable):
                self.timed.follow(state, ticks)
            held.release(min(self._followed(one, market) for one in self._cells.values()))
            if not lacks or held.left is None:
                return
            place, first = held.left
            end = min(first + AGAIN, self._next[place])
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(None, self._again, place, first, end)
            held.add_again(market.encode(), found, end)

    def _again(self, place: Place, first: int, end: int) -> list[Message]:
        """Messages that were read before, from the topic."""
        if self._reader is None:
            self._reader = reader(self.settings)
        return list(between(self._reader, place[0], place[1], first, end))

    def _unreadable(self, poison: Poison, value: bytes) -> None:
        head = HEAD.match(value)
        key = head[4].decode() if head else ""
        self.outlet.letter(names.TICKS, key, int(head[3]) if head else None, str(poison), value)

    async def _write(self, entries: Sequence[JournalEntry]) -> bool:
        news = [entry for entry in entries if self.journal.admit(entry)]
        for entry in news:
            self.outlet.emit(names.JOURNAL, entry.key, entry)
        return bool(news)

    def covered(self, name: str) -> list[tuple[Place, int]]:
        """As of any worker, but up to the first record that still waits or is held."""
        covered = dict(super().covered(name))
        for place, waiting in self._waiting.items():
            if waiting and place in covered:
                covered[place] = min(covered[place], waiting[0][0].offset() or 0)
        cell = self._cells[name]
        for market, held in self._held.items():
            first = held.first_after(self._followed(cell, market))
            if first and first[0] in covered:
                covered[first[0]] = min(covered[first[0]], first[1])
        return sorted(covered.items())


def seq_of(key: str, value: bytes) -> int:
    """The sequence of a ticks record by its head alone; Poison if it is not of its key."""
    head = HEAD.match(value)
    if head is None:
        return of_key(key, decode(Ticks, value)).seq
    if head[4] != key.encode():
        raise Poison(f"the record says that it is of key {head[4].decode()!r}")
    return int(head[3])
