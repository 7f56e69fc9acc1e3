"""What the parts of a live account's executor share: its orders, its venue, and its word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from executor.live.gate import Gate
from executor.live.orders import Orders
from executor.live.scribe import Clock, Scribe
from executor.venues.settings import LiveAccount
from executor.venues.venue import Venue
from schemas.errors import Fatal
from schemas.statuses import JournalEntry, Status
from schemas.system import Severity

Tell = Callable[[Severity, str, str, dict[str, str]], None]
"""(severity, kind, text, facts): to system.events."""

PATIENCE = 5.0
"""Seconds after which a task that has been cancelled and goes on is cancelled again."""


class Lease(Protocol):
    """topics.lease.Lease: raises Fatal when it may be another's; epoch counts its holders."""

    epoch: int

    def check(self) -> None: ...


@dataclass
class Desk:
    """One account at one venue. clock: ns, never goes back.

    busy: orders of which a request is under way.
    expect: is told (client order id, symbol, whether it lessens risk) of an order whose intent is
    being journalled. hear: is told of an order's news; replacing: orders whose end at the venue is
    not theirs.
    """

    account: str
    settings: LiveAccount
    venue: Venue
    scribe: Scribe
    gate: Gate
    lease: Lease
    clock: Clock
    tell: Tell
    failed: Callable[[BaseException], None]
    orders: Orders = field(default_factory=Orders)
    expect: Callable[[str, str, bool], None] | None = None
    hear: Callable[[JournalEntry, Sequence[Status]], None] | None = None
    busy: set[str] = field(default_factory=set)
    replacing: set[str] = field(default_factory=set)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def write(self, entry: JournalEntry) -> JournalEntry:
        """Journal it and keep it; it is durable, and told, when this returns."""
        entry, acknowledged = self.begin(entry)
        await acknowledged
        return entry

    def begin(self, entry: JournalEntry) -> tuple[JournalEntry, asyncio.Future[None]]:
        """As `write`, without waiting. Raises Fatal for an entry that others have gone on with, and
        where the account may be another process's by now: the journal is the lease's holder's.
        """
        self.lease.check()
        known = self.orders.find(entry.command.client_order_id)
        if (-1 if known is None else known.seq) != entry.seq:
            name = entry.command.client_order_id
            raise Fatal(f"order {name} was to be written as it is no more")
        fresh = sum(1 for status in entry.statuses if status.seq < 0)
        whole, acknowledged = self.scribe.begin(entry)
        self.orders.keep(whole)
        if fresh and self.hear is not None:
            self.hear(whole, whole.statuses[-fresh:])
        return whole, acknowledged

    def now(self, entry: JournalEntry) -> JournalEntry:
        """The entry as it is by now: others may have gone on with it meanwhile."""
        name = entry.command.client_order_id
        return self.orders.living.get(name) or self.orders.finished.get(name) or entry

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let it run beside; what it raises ends the process."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failed(error)

    async def close(self) -> None:
        """Stop what runs beside; who has not heard of it is told again."""
        while tasks := [task for task in self.tasks if not task.done()]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=PATIENCE)
