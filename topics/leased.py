"""A stage that one process at a time may run: it works only while it holds its accounts' leases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import faust
from confluent_kafka import Message
from faust.types import TP

from schemas.errors import Fatal
from topics.cells import StageCell, StagePlan
from topics.lease import Lease
from topics.metrics.exposure import exposure_of
from topics.rdkafka.failure import die
from topics.settings import Settings
from topics.worker import Worker


class Tenure:
    """The time for which this process is the only one that runs a stage for these accounts.

    A process that was held up or cut off beyond its lease ends uncommitted before it takes another
    record. What it had published before is what its successor restores (see topics.published).

    ending: what must be over before the lease is given up at a clean end.
    """

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        stage: str,
        accounts: Sequence[str],
        ending: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._ending = ending
        self.lease = Lease(settings.redis, settings.prefix, stage, settings.instance, accounts)
        self._keeper: asyncio.Task[None] | None = None
        app.on_before_shutdown.connect(self._end)  # sent after the last commit
        if (exposure := exposure_of(app)) is not None:
            exposure.checks["lease"] = self._held

    async def begin(self) -> None:
        """Take the lease; raises Fatal if another process keeps it. It begins once only."""
        if self._keeper is not None:
            die(f"{self.lease.stage}: its partitions were assigned anew; it starts afresh")
        await self.lease.acquire()
        self._keeper = asyncio.create_task(self._keep())

    def _held(self) -> str:
        """ "" while the lease is ours, for who asks whether the process is ready."""
        try:
            self.lease.check()
        except Fatal as fatal:
            return str(fatal)
        return ""

    def check(self) -> None:
        """End the process if the lease may be another's by now."""
        try:
            self.lease.check()
        except Fatal as fatal:
            die(str(fatal))

    async def _keep(self) -> None:
        try:
            await self.lease.keep()
        except Exception as error:
            die(str(error))

    async def _end(self, *_: Any, **__: Any) -> None:
        if self._ending is not None:
            await self._ending()
        if self._keeper is not None:
            self._keeper.cancel()
            await self.lease.release()


class Leased(Worker):
    """As Worker; the lease is taken before state is restored and looked at before each record."""

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        stage: StagePlan,
        cell: type[StageCell],
        *,
        standing: Sequence[str],
        **options: Any,
    ) -> None:
        super().__init__(app, settings, stage, cell, standing=standing, **options)
        self.tenure = Tenure(app, settings, stage.name, standing, self.ending)

    async def positions(self, tps: frozenset[TP]) -> Mapping[TP, int]:
        """Take the lease, then restore the cells."""
        await self.tenure.begin()
        await self.leased()
        return await super().positions(tps)

    async def leased(self) -> None:
        """For what must be read under the lease and before the cells are restored."""

    async def ending(self) -> None:
        """For what must be over before another process may have the lease."""

    async def take(self, message: Message) -> None:
        """As Worker, if the lease is still ours."""
        self.tenure.check()
        await super().take(message)
