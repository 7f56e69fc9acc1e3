"""Who writes an account's journal and statuses: what is told was journalled before.

A status gets its identity when its entry is written: its id from the order's, its sequence from the
account's key. An entry is on the journal's partition of its account, so entries become durable in
the order in which they were written, and so do the sequences in them: after a crash the statuses of
durable entries that trading.statuses lacks are published, and nothing else was told. What is no
order's status (a mark) waits its turn behind what is being journalled.

Cost: one record a step of an order, as large as its history (engine.history.folded bounds it).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from engine.history import KEPT, folded
from engine.identity import record_id
from executor.live.points import point
from schemas import names
from schemas.codec import encode
from schemas.statuses import JournalEntry, Status
from topics.partition import partition_of

STAGE = "executor"
Clock = Callable[[], int]


class Producer(Protocol):
    """topics.acknowledged.Acknowledged."""

    def send(
        self, topic: str, key: str, value: bytes | None, partition: int | None = None
    ) -> asyncio.Future[None]: ...


class Scribe:
    """The journal and the statuses of one account.

    made: the last sequence of each key of trading.statuses; clock: ns, never goes back. heard: is
    told of each status as it is published.
    """

    def __init__(
        self, account: str, producer: Producer, clock: Clock, made: dict[str, int] | None = None
    ) -> None:
        self.account, self._producer, self._clock = account, producer, clock
        self.made = made or {}
        self._partition = partition_of(names.STATUSES, f"{account}:*")
        self._waiting: deque[tuple[asyncio.Future[None], Sequence[Status]]] = deque()
        self._telling: set[asyncio.Future[None]] = set()
        self.written = 0
        self.heard: Callable[[Status], None] | None = None

    async def write(self, entry: JournalEntry) -> JournalEntry:
        """Journal the entry; once it is durable its new statuses are published, and this returns
        it as it is known from here on.
        """
        entry, acknowledged = self.begin(entry)
        point("produced")
        await acknowledged
        point("journalled")
        return entry

    def begin(self, entry: JournalEntry) -> tuple[JournalEntry, asyncio.Future[None]]:
        """As `write`, without waiting: the entry, and what is done when it is durable. Who waits
        for that may be cancelled: what was written is told all the same.
        """
        name, now = entry.command.client_order_id, self._clock()
        news = [
            self._identified(entry, n, status, now)
            for n, status in enumerate(entry.statuses)
            if status.seq < 0
        ]
        old = entry.statuses[: len(entry.statuses) - len(news)]
        count = entry.seq + 1
        entry = entry.model_copy(
            update={
                "id": record_id(STAGE, name, count),
                "seq": count,
                "key": name,
                "seen_time": now,
                "statuses": (*old, *news),
            }
        )
        acknowledged = self._producer.send(names.JOURNAL, name, encode(entry), self._partition)
        self.written += 1
        self._behind(acknowledged, news)
        told = len(self._waiting) < KEPT  # what is left out must have been published
        return folded(entry)[0] if told else entry, asyncio.shield(acknowledged)

    def tell(self, status: Status) -> None:
        """Publish what is no order's, behind all that was written before. Its cause is what it has
        for one.
        """
        identity = record_id(f"{STAGE}|told", status.cause, 0)
        status = self._numbered(status, self._clock(), identity, status.cause)
        last = self._waiting[-1][0] if self._waiting else None
        if last is None:
            self._publish((status,))
        else:
            self._behind(last, (status,))

    def publish_again(self, statuses: Iterable[Status]) -> None:
        """What a crash kept from trading.statuses, as it is in the journal."""
        self._publish(sorted(statuses, key=lambda each: (each.key, each.seq)))

    async def drained(self) -> None:
        """Wait until all that was written by now is durable, and so is what it tells."""
        waiting = [acknowledged for acknowledged, _ in self._waiting]
        if waiting:
            await asyncio.gather(*map(asyncio.shield, waiting))
            await asyncio.sleep(0)  # `_advance` is called back
        await asyncio.gather(*map(asyncio.shield, self._telling))

    def bury(self, name: str) -> asyncio.Future[None]:
        """Take an order out of the journal."""
        return self._producer.send(names.JOURNAL, name, None, self._partition)

    def _behind(self, acknowledged: asyncio.Future[None], news: Sequence[Status]) -> None:
        self._waiting.append((acknowledged, news))
        acknowledged.add_done_callback(self._advance)

    def _advance(self, _: asyncio.Future[None]) -> None:
        while self._waiting and self._waiting[0][0].done():
            acknowledged, news = self._waiting.popleft()
            if acknowledged.exception() is None:
                self._publish(news)

    def _publish(self, news: Sequence[Status]) -> None:
        for status in news:
            told = self._producer.send(names.STATUSES, status.key, encode(status))
            self._telling.add(told)
            told.add_done_callback(self._telling.discard)
            if self.heard is not None:
                self.heard(status)
        if news:
            point("published")

    def _identified(self, entry: JournalEntry, n: int, status: Status, now: int) -> Status:
        identity = record_id(f"{STAGE}|status", entry.command.client_order_id, entry.folded + n)
        return self._numbered(status, now, identity, entry.cause)

    def _numbered(self, status: Status, now: int, identity: str, cause: str) -> Status:
        key = f"{self.account}:{status.symbol}"
        seq = self.made[key] = self.made.get(key, -1) + 1
        told = {"key": key, "seq": seq, "seen_time": now, "id": identity, "cause": cause}
        return status.model_copy(update=told)
