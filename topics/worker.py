"""A stage on Kafka: restores its cells, feeds them, emits what they make, and takes snapshots.

What makes it exact after kill -9:
1. A snapshot is captured between two records, synchronously, together with the offsets of the next
   records to read. It is written only after everything emitted before it is on the broker.
2. A start reads the inputs again from the smallest offset of the snapshots it restores (the
   earliest where a partition has none), so no record falls between state and offset. Consumer group
   commits follow the snapshots and serve those who watch lag; nothing is restored from them.
3. What is read twice is dropped by sequence in the cell; what is made twice has the same id,
   sequence and bytes, and is dropped by sequence in the next stage.
4. A stage whose records name what they had read (`reads`) first does again what it had published
   after the snapshot, in that very order (engine.rerun).
5. What people have set meanwhile is heard before whatever else is waiting: no order is let in on
   what came before a halt that is there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

import faust
from confluent_kafka import Message
from faust.types import TP

from schemas import names
from topics import BY_NAME
from topics.cells import Redo, Scripted, StageCell, StagePlan
from topics.heap import settle
from topics.metrics.stations import watch
from topics.outlet import Outlet
from topics.rdkafka import attach, batches
from topics.rdkafka.failure import die
from topics.rdkafka.turns import Turns
from topics.reading import read_partition
from topics.settings import Settings
from topics.station import Captured, Station

T = TypeVar("T")

CHUNK = 500
"""Records taken between two looks at everything else, of those that are read at a start."""
HOLD = 0.001
"""Seconds of captures after which the records that have come have their turn."""
REST = 4.0
"""Times as long as the captures took, that they have."""


class Worker(Station):
    """Runs one stage in one Faust app.

    standing: cells that exist from the start (accounts); others come with their first record.
    redo: the engine's Rerun, for a stage whose order of inputs is only in what it published.
    scripted: those of its cells of which alone that holds; they are there from the start too. Where
    there are any, partitions that are assigned anew end the worker, and it starts afresh: side
    records that have gone by cannot be had again.
    broadcast: input topics of which every worker reads all partitions.
    heard_first: those side inputs that are taken at a start, as far as they are there, before
    anything else is.
    reading: librdkafka properties of its consumer, where the settings have none.
    """

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        stage: StagePlan,
        cell: type[StageCell],
        *,
        standing: Sequence[str] = (),
        broadcast: frozenset[str] = frozenset(),
        heard_first: frozenset[str] = frozenset({names.STATE}),
        redo: type[Redo] | None = None,
        scripted: Scripted | None = None,
        reading: Mapping[str, Any] | None = None,
    ) -> None:
        outlet = Outlet(app, settings, stage.name)
        super().__init__(
            settings, stage, cell, outlet, standing=standing, redo=redo, scripted=scripted
        )
        watch(self)
        self._heard_first = heard_first
        self._assigned = False
        self._whole = asyncio.Lock()  # a record is taken whole before a snapshot is captured
        self.topics = [settings.physical(name) for name in (stage.main, *stage.sides)]
        attach(
            app,
            broadcast=frozenset(settings.physical(name) for name in broadcast),
            positions=self.positions,
            checkpoint=self.checkpoint,
            revoked=self.revoked,
            consumer_settings={**(reading or {}), **settings.librdkafka},
            producer_settings=settings.librdkafka,
        )

    async def run(self, stream: Any) -> None:
        """The body of the stage's agent: take each batch in order, until the worker stops."""
        self.outlet.event(self.started())
        settle()
        turns = Turns()  # a batch of hundreds would keep the lease's renewal waiting
        async for batch in batches(stream):
            for message in batch:
                await self.take(message)
                await turns.sleep(0)

    async def take(self, message: Message) -> None:
        """Take one input record whole: no snapshot is captured before it is done."""
        async with self._whole:
            await self.message(message)

    async def positions(self, tps: frozenset[TP]) -> Mapping[TP, int]:
        """Restore the cells that live on these partitions; give where to read each from."""
        if self._assigned and self.share.scripted:
            die(f"{self.stage.name}: its partitions were assigned anew; it starts afresh")
        self._assigned = True
        return await self.heard(self.starts(tps, await self.restore(tps)))

    async def heard(self, starts: Mapping[TP, int]) -> dict[TP, int]:
        """Take what is there of the sides that are heard first; give where to read all from then.

        It has come while nobody was here to hear it, and so have the records that it is for.
        """
        found = dict(starts)
        for topic in sorted(self._heard_first):
            if (name := self.settings.physical(topic)) not in self.topics:
                continue
            for number in range(BY_NAME[topic].partitions):
                tp = TP(name, number)
                there = read_partition(self.settings, topic, number, found.get(tp, 0))
                async for message in self._each(there):
                    await self.message(message)
                    found[tp] = (message.offset() or 0) + 1
        return found

    async def _each(self, messages: Iterator[Message]) -> AsyncIterator[Message]:
        """Messages whose reading blocks, with everything else in between."""
        turns = Turns()
        while chunk := await self._blocking(_next, messages):
            for message in chunk:
                yield message
                await turns.sleep(0)

    @staticmethod
    async def _blocking(call: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(None, call, *given)

    async def checkpoint(self) -> None:
        """Write a snapshot of every cell, after all that it covers is on the broker."""
        if self.redoing:
            return
        captured = await self._captured(self)
        await self.outlet.flush()
        self.write(captured)
        await self.outlet.flush()

    async def _captured(self, station: Station) -> list[Captured]:
        """The snapshots of a station's cells, with records in between so that none waits for all.

        A big cell takes milliseconds; of small ones many go between two turns of the records.
        """
        found: list[Captured] = []
        spent = 0.0
        for name in list(station.cells):
            async with self._whole:
                began = monotonic()
                one = station.capture(name)
                spent += monotonic() - began
            if one is not None:
                found.append(one)
            if spent >= HOLD:
                await asyncio.sleep(REST * spent)
                spent = 0.0
        return found

    async def revoked(self, tps: frozenset[TP]) -> None:
        """Forget the cells that live on partitions given back."""
        self.forget(tps)


def _next(messages: Iterator[Message]) -> list[Message]:
    return list(islice(messages, CHUNK))
