"""A stage that one process at a time may run: it works only while it holds its accounts' leases."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import faust
from confluent_kafka import Message
from faust.types import TP

from schemas.errors import Fatal
from topics.cells import StageCell, StagePlan
from topics.lease import Lease
from topics.rdkafka.failure import die
from topics.settings import Settings
from topics.worker import Worker


class Leased(Worker):
    """As Worker. The lease is taken before any state is restored and looked at before each record.

    holder, accounts: the stage whose lease it is and its accounts; the worker's own if not given.

    A process that was held up or cut off beyond its lease ends uncommitted before it takes another
    record. What it had published before is what its successor restores (see topics.published).
    """

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        stage: StagePlan,
        cell: type[StageCell],
        *,
        standing: Sequence[str] = (),
        holder: str = "",
        accounts: Sequence[str] = (),
        **options: Any,
    ) -> None:
        super().__init__(app, settings, stage, cell, standing=standing, **options)
        name, held = holder or stage.name, accounts or standing
        self.lease = Lease(settings.redis, settings.prefix, name, settings.instance, held)
        self._keeper: asyncio.Task[None] | None = None
        app.on_before_shutdown.connect(self._stopped)  # sent after the last commit

    async def positions(self, tps: frozenset[TP]) -> Mapping[TP, int]:
        """Take the lease, then restore the cells."""
        await self.hold()
        return await super().positions(tps)

    async def hold(self) -> None:
        """Take the lease and keep it; end if it is held already, or by another."""
        if self._keeper is not None:
            die(f"{self.stage.name}: its partitions were assigned anew; it starts afresh")
        await self.lease.acquire()
        self._keeper = asyncio.create_task(self._keep())
        await self.leased()

    async def leased(self) -> None:
        """For what must be read under the lease and before the cells are restored."""

    async def take(self, message: Message) -> None:
        """As Worker, if the lease is still ours."""
        try:
            self.lease.check()
        except Fatal as fatal:
            die(str(fatal))
        await super().take(message)

    async def _keep(self) -> None:
        try:
            await self.lease.keep()
        except Exception as error:
            die(str(error))

    async def _stopped(self, *_: Any, **__: Any) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await self.lease.release()
