"""An outlet of records that rest on others which this process has just produced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import faust

from schemas.record import Record
from topics.outlet import Outlet
from topics.rdkafka.failure import die
from topics.settings import Settings

Held = tuple[str, str, bytes, list[tuple[str, bytes]] | None]


class Behind(Outlet):
    """Each record leaves when all that was produced before it is on the broker.

    So none is there without what it rests on, whatever else is lost with the process: partitions
    are written in no order between them. Cost: a round trip to the broker, for all together that
    came during the one before. check: called before any leaves; it ends a process that may no
    longer write.
    """

    def __init__(
        self, app: faust.App, settings: Settings, stage: str, check: Callable[[], None]
    ) -> None:
        super().__init__(app, settings, stage)
        self._check = check
        self._held: list[Held] = []
        self._urgent = False
        self._came = self._left = 0
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def emit(
        self, topic: str, key: str, record: Record, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """As an Outlet; what is urgent hurries what it waits for, and then itself."""
        super().emit(topic, key, record, headers)
        self._urgent = self._urgent or record.urgent

    def emit_bytes(
        self, topic: str, key: str, value: bytes, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """As an Outlet, behind all that was produced before."""
        self._held.append((topic, key, value, headers))
        self._came += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._release())

    async def flush(self) -> None:
        """As an Outlet."""
        came = self._came
        while self._left < came:
            self._moved.clear()
            await self._moved.wait()
        await super().flush()

    async def _release(self) -> None:
        while self._held:
            leaving, self._held = self._held, []
            urgent, self._urgent = self._urgent, False
            try:
                await self.producer.flush()
            except Exception as error:
                die(f"{self.stage}: {error}", cause=error)
            self._check()
            for each in leaving:
                super().emit_bytes(*each)
            if urgent:
                self.producer.hurry(always=True)
            self._left += len(leaving)
            self._moved.set()
