"""Four stages on one fake broker, fused or separate, that live, die and change places."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from faust.types import TP
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from engine.rerun import Rerun
from engine.stage import Cell
from schemas import names
from tests.unit.fake_broker import (
    Broker,
    Message,
    app_of,
    connected,
    give,
    orders,
    scripted,
    worker,
)
from tests.unit.fake_life import cancel
from tests.unit.fake_stages import inputs, stages
from tests.unit.trading import ACCOUNT
from topics import BY_NAME
from topics.behind import Behind
from topics.line import Line
from topics.outlet import Outlet
from topics.settings import Settings
from topics.snapshots import Place
from topics.worker import Worker

Action = tuple[str, int]
"""A method of `Desk` and a number for it."""

ACTIONS = ("take", "take", "take", "flush", "checkpoint", "turn", "kill", "tear", "change")
BETWEEN = (names.RAW, names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS)
"""Topics of which every life must give the same bytes."""


def actions() -> SearchStrategy[list[Action]]:
    """What may happen to a desk."""
    return st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9)), max_size=40)


def separate(broker: Broker, made: tuple[Any, ...] = ()) -> list[Worker]:
    """A worker a stage."""
    *market, last = made or stages()
    return [*(worker(broker, stage) for stage in market), orders(broker, last)]


def fused(broker: Broker, made: tuple[Any, ...] = ()) -> list[Worker]:
    """All stages in one worker, as agents.hot makes it."""
    made = made or stages()
    scripts = {each.name: script for each in made if (script := scripted(each)) is not None}
    line = Line(
        app_of(broker), Settings(), "hot", made, cast(Any, Cell),
        standing=(ACCOUNT,), redo=Rerun, scripted=scripts,
    )  # fmt: skip
    line._topics = cast(Any, Between(broker))
    return [line]


@dataclass
class Between:
    """In place of topics.between.Between."""

    broker: Broker
    told: dict[str, Mapping[Place, int]] = field(default_factory=dict)

    def ends(self, topics: Iterable[str]) -> dict[Place, int]:
        return {
            (topic, n): len(self.broker.rows_of(TP(topic, n)))
            for topic in topics
            for n in range(BY_NAME[topic].partitions)
        }

    def read(
        self, topic: str, starts: Mapping[Place, int], ends: Mapping[Place, int]
    ) -> Iterator[Message]:
        for place, end in ends.items():
            yield from self.broker.rows_of(TP(*place))[starts.get(place, 0) : end]

    def tell(self, stage: str, marks: Mapping[Place, int]) -> None:
        self.told[stage] = marks


class Reader:
    """A worker and how far it has read each of its partitions."""

    def __init__(self, worker: Worker, broker: Broker) -> None:
        self.worker, self.broker = worker, broker
        self.writing: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Restore it."""
        tps = [TP(t, n) for t in self.worker.topics for n in range(BY_NAME[t].partitions)]
        starts = await self.worker.positions(frozenset(tps))
        self.at = {tp: starts.get(tp, 0) for tp in tps}

    async def take(self, number: int) -> int:
        """Take up to that many messages of each partition; give how many there were."""
        taken = 0
        places = sorted(self.at, reverse=bool(number % 2))
        for tp in places:
            for message in self.broker.rows_of(tp)[self.at[tp] :][:number]:
                self.at[tp] += 1
                taken += 1
                await give(self.worker, message)
        return taken


class Desk:
    """One broker and the workers on it, in one life after another."""

    def __init__(self, broker: Broker, count: int, make: Callable[[Broker], list[Worker]]) -> None:
        self.broker, self.make = broker, make
        broker.durable += inputs(count)

    async def begin(self) -> None:
        """New processes."""
        self.readers = [Reader(one, self.broker) for one in self.make(self.broker)]
        for reader in self.readers:
            await reader.begin()

    def _chosen(self, number: int) -> Reader:
        return self.readers[number % len(self.readers)]

    async def take(self, number: int) -> None:
        """Let one worker take some."""
        await self._chosen(number).take(1 + number)

    async def flush(self, number: int) -> None:
        """What is on its way arrives."""
        await self.broker.flush()

    async def checkpoint(self, number: int) -> None:
        """Begin a checkpoint of one worker unless it is at one; let it go on for some turns."""
        reader = self._chosen(number)
        if reader.writing is None or reader.writing.done():
            reader.writing = asyncio.create_task(reader.worker.checkpoint())
        await self.turn(3 * number)

    async def turn(self, number: int) -> None:
        """Let what is under way go on."""
        for _ in range(number):
            await asyncio.sleep(0)

    async def kill(self, number: int) -> None:
        """End all processes; some of what was on its way arrives. Begin again."""
        await self.end(number)
        await self.begin()

    async def end(self, number: int) -> None:
        """End all processes; some of what was on its way arrives."""
        for reader in self.readers:
            await cancel(reader.writing)
            outlet = last_of(reader.worker)
            while isinstance(outlet, Behind) and outlet.waits:
                await cancel(next(iter(outlet.waits)))
                await asyncio.sleep(0)
        self.broker.die(number)

    async def tear(self, number: int) -> None:
        """End them in the middle of a message."""
        taking = asyncio.create_task(self._chosen(number).take(2))
        await self.turn(1 + number // 2)
        await cancel(taking)
        await self.kill(number)

    async def change(self, number: int) -> None:
        """Go from separate to fused or back: by a clean stop, or by kill -9."""
        self.make = fused if self.make is separate else separate
        if number % 2:
            await self.kill(number)
            return
        for reader in self.readers:
            if reader.writing is not None:
                await reader.writing
            await reader.worker.checkpoint()
        await self.broker.flush()
        await self.begin()

    async def live(self, happens: Iterable[Action]) -> None:
        """Live through all that happens, then take what is left."""
        await self.begin()
        for what, number in happens:
            await getattr(self, what)(number)
        await self.rest()

    async def rest(self) -> None:
        """Take what is left."""
        await self.broker.flush()
        while sum([await reader.take(1_000_000) for reader in self.readers]):
            await self.broker.flush()
        for reader in self.readers:
            if reader.writing is not None:
                await reader.writing
            await last_of(reader.worker).flush()


def last_of(worker: Worker) -> Outlet:
    """The outlet of a worker's last stage."""
    return worker.stations[-1].outlet if isinstance(worker, Line) else worker.outlet


def lived(
    make: Callable[[Broker], list[Worker]], count: int, happens: Sequence[Action] = ()
) -> Broker:
    """The broker after a life that began with these workers."""
    with pytest.MonkeyPatch.context() as patch:
        broker = threadless(patch)
        asyncio.run(Desk(broker, count, make).live(happens))
    return broker


def threadless(patch: pytest.MonkeyPatch) -> Broker:
    """As `connected`; fused workers make in the loop what they would make in a thread."""

    async def in_loop(call: Callable[..., Any], *given: Any) -> Any:
        await asyncio.sleep(0)
        return call(*given)

    patch.setattr(Worker, "_blocking", staticmethod(in_loop))
    return connected(patch)
