"""An outlet of records that rest on others which this process has just produced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import faust

from schemas.record import Record
from topics.outlet import Outlet
from topics.rdkafka.failure import die
from topics.settings import Settings

MOST = 4
"""Round trips that are under way at once; who is urgent beyond them leaves with the next one."""

Held = tuple[str, str, bytes, list[tuple[str, bytes]] | None]


class Behind(Outlet):
    """Each record leaves, in its turn, when all that was produced before it is on the broker.

    So none is there without what it rests on, whatever else is lost with the process: partitions
    are written in no order between them. Cost: a round trip to the broker, for all together that
    came during the one before; what is urgent begins one of its own at once. check: called before
    any leaves; it ends a process that may no longer write.
    """

    def __init__(
        self, app: faust.App, settings: Settings, stage: str, check: Callable[[], None]
    ) -> None:
        super().__init__(app, settings, stage)
        self._check = check
        self._held: list[Held] = []
        self._left = self._urgent = 0
        self._moved = asyncio.Event()
        self.waits: set[asyncio.Task[None]] = set()

    def emit(
        self, topic: str, key: str, record: Record, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """As an Outlet; what is urgent hurries what it waits for, and then itself."""
        others = len(self.waits)
        super().emit(topic, key, record, headers)
        if record.urgent:
            self._urgent = self._came
            if 0 < others < MOST:
                self._wait()

    def emit_bytes(
        self, topic: str, key: str, value: bytes, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """As an Outlet, behind all that was produced before."""
        self._held.append((topic, key, value, headers))
        if not self.waits:
            self._wait()

    async def flush(self) -> None:
        """As an Outlet."""
        came = self._came
        while self._left < came:
            self._moved.clear()
            await self._moved.wait()
        await super().flush()

    @property
    def _came(self) -> int:
        return self._left + len(self._held)

    def _wait(self) -> None:
        task = asyncio.get_running_loop().create_task(self._release(self._came))
        self.waits.add(task)
        task.add_done_callback(self._over)

    async def _release(self, upto: int) -> None:
        """Let the records up to that one go when all that was produced before is delivered."""
        try:
            await self.producer.flush()
        except Exception as error:
            die(f"{self.stage}: {error}", cause=error)
        if upto > self._left:
            self._check()
            self._leave(upto)

    def _leave(self, upto: int) -> None:
        number, urgent = upto - self._left, self._left < self._urgent <= upto
        leaving, self._held = self._held[:number], self._held[number:]
        for each in leaving:
            super().emit_bytes(*each)
        if urgent:
            self.producer.hurry(always=True)
        self._left = upto
        self._moved.set()

    def _over(self, task: asyncio.Task[None]) -> None:
        """Who came meanwhile waits together, unless the process ends."""
        self.waits.discard(task)
        if self._held and not self.waits and not task.cancelled() and task.exception() is None:
            self._wait()
