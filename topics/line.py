"""Fused stages: one worker that takes market.raw through several of them, record by record.

Each stage is a Station as in a worker of its own: the same cells, the same topics, snapshots, dead
letters and crash notes under its own name. Only the road between them is short: what one makes is
handed on as an object, and read back from its topic by nobody here.

So that a desk may change between fused and separate workers at any start:
1. The snapshot of a later stage covers, of the topic before it, what was on the broker when it was
   captured. Whatever comes there after that has not been taken, or comes there once more.
2. A decision that rests on side inputs would be made otherwise once more: what the last stage says
   of it leaves when it is on the broker (topics.behind).
3. A start first lets each stage, the last one first, take what is on its topic beyond its snapshot.
   Then all that an earlier stage makes anew is what the later ones wait for, or a double.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from time import monotonic
from typing import Any

import faust
from confluent_kafka import Message
from faust.types import TP

from schemas.system import SystemEvent
from topics import BY_NAME
from topics.behind import Behind
from topics.between import Between, Marks
from topics.cells import Redo, Scripted, StageCell, StagePlan
from topics.leased import Tenure
from topics.metrics.exposure import exposure_of
from topics.metrics.stations import watch
from topics.outlet import Outlet
from topics.rdkafka import CONFIGURATION, die
from topics.settings import Settings, refuse
from topics.station import Station
from topics.worker import Worker

AHEAD: Mapping[str, Any] = {"broker_max_poll_records": 50, "stream_buffer_maxsize": 100}
SHALLOW: Mapping[str, Any] = {"queued.min.messages": 100, "fetch.message.max.bytes": 64 << 10}
"""Few records are fetched ahead (Faust's and librdkafka's settings): what the last stage reads from
the side waits behind them, and a fill or a halt is not to wait for a market that is behind."""

END = 1 << 63
"""Beyond every offset."""

TELLING = 10.0
"""Seconds between two tellings of the lag of the later stages."""

NONE: Mapping[str, Scripted] = {}
REMEDY = "run its stages as separate workers, which share partitions"


class Line(Worker):
    """Runs stages in one Faust app: each takes what the one before it makes.

    name: under which it says that it has started, beside each stage under its own.
    standing, redo: of the last stage, as for a Worker; scripted: of a stage between, by its name.
    Side inputs are read whole. The last stage must see every market, so the line owns all
    partitions of its input and refuses to run with fewer.
    """

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        name: str,
        stages: Sequence[StagePlan],
        cell: type[StageCell],
        *,
        standing: Sequence[str],
        redo: type[Redo],
        scripted: Mapping[str, Scripted] = NONE,
    ) -> None:
        if settings.instance != "0":
            refuse(
                f"TAPELINE_INSTANCE is {settings.instance}, but a fused worker runs alone, as "
                f"instance 0: {REMEDY}"
            )
        first, *middle, last = stages
        sides = tuple({name: None for each in stages for name in each.sides})
        super().__init__(app, settings, first, cell, broadcast=frozenset(sides), reading=SHALLOW)
        self.topics += [settings.physical(name) for name in sides]
        later = [
            Station(settings, each, cell, Outlet(app, settings, each.name), scripted=script)
            for each in middle
            for script in [scripted.get(each.name)]
        ]
        outlet = Outlet(app, settings, last.name)
        self._tenure = Tenure(app, settings, last.name, standing, self._all_leave)
        if any(each.cells for each in scripted.values()):
            outlet = Behind(app, settings, last.name, self._tenure.check)
        later.append(Station(settings, last, cell, outlet, standing=standing, redo=redo))
        self.stations: list[Station] = [self, *later]
        for one, following in pairwise(self.stations):
            one.onward = following
            watch(following)
        self._topics = Between(settings)
        self._name, self._begun, self._told = name, False, -TELLING
        if (exposure := exposure_of(app)) is not None:
            exposure.worker = name

    async def run(self, stream: Any) -> None:
        """The body of the agent: tell that it and every stage has started, then take each batch."""
        told = self.started()
        self._tell_of(told.model_copy(update={"key": self._name, "stage": self._name}))
        for station in self.stations[1:]:
            self._tell_of(station.started())
        await super().run(stream)

    def _tell_of(self, started: SystemEvent) -> None:
        """At once: there may be no lease yet, which an outlet of the last stage would ask for."""
        Outlet(self.outlet.app, self.settings, started.stage).event(started)

    async def _all_leave(self) -> None:
        """Let what waits behind decisions leave while there is a lease."""
        if isinstance(outlet := self.stations[-1].outlet, Behind):
            await outlet.flush()

    async def take(self, message: Message) -> None:
        """As Worker, if the last stage's lease is still ours."""
        self._tenure.check()
        await super().take(message)

    async def message(self, message: Message) -> None:
        """A main record goes in at the first stage, a side record where it is one."""
        if message.topic() == self.topics[0]:
            await super().message(message)
            return
        topic = self.settings.logical(message.topic() or "")
        for station in self.stations[1:]:
            if topic in station.stage.sides:
                await station.message(message)

    # -- start -----------------------------------------------------------------------------------

    async def positions(self, tps: frozenset[TP]) -> Mapping[TP, int]:
        """Restore every stage and let it catch up; give where to read the line's inputs from: of
        one that two stages read, where the one behind has to.
        """
        self._refuse_a_share(tps)
        await self._tenure.begin()
        starts: dict[TP, int] = {}
        for station in self.stations:
            mine = await station.restore()
            topics = {self.settings.physical(name) for name in inputs(station.stage)}
            read = {tp for tp in tps if tp.topic in topics} | self._between(station)
            found = station.starts(read, mine)
            starts |= {tp: min(found.get(tp, 0), starts.get(tp, END)) for tp in read}
        starts = await self.heard(starts)
        for station in reversed(self.stations[1:]):
            await self._catch_up(station, starts)
        return {tp: start for tp, start in starts.items() if tp in tps and start}

    def _refuse_a_share(self, tps: frozenset[TP]) -> None:
        if self._begun:
            die("the partitions of a fused worker were assigned anew; it starts afresh")
        wanted = BY_NAME[self.stage.main].partitions
        owned = sum(tp.topic == self.topics[0] for tp in tps)
        if owned < wanted:
            die(
                f"this fused worker was given {owned} of the {wanted} partitions of "
                f"{self.topics[0]} and needs them all: end the other workers of {self.stage.name} "
                f"(one that has ended is in its group for two minutes more), or {REMEDY}",
                CONFIGURATION,
            )
        self._begun = True

    def _between(self, station: Station) -> set[TP]:
        """The partitions that a later stage would read if it were alone."""
        if station is self:
            return set()
        spec = BY_NAME[station.stage.main]
        return {TP(self.settings.physical(spec.name), number) for number in range(spec.partitions)}

    async def _catch_up(self, station: Station, starts: Mapping[TP, int]) -> None:
        """Let a later stage take all that is on its topic beyond its snapshots."""
        main = station.stage.main
        ends = await self._blocking(self._topics.ends, [main])
        messages = self._topics.read(
            main, {(tp.topic, tp.partition): at for tp, at in starts.items()}, ends
        )
        async for message in self._each(messages):
            await station.message(message)
        station.reached(ends)

    # -- snapshots -------------------------------------------------------------------------------

    async def checkpoint(self) -> None:
        """Write a snapshot of every stage's cells, after all that they cover is on the broker."""
        if any(station.redoing for station in self.stations):
            return
        later, last = self.stations[1:], self.stations[-1].outlet
        await last.flush()
        ends = await self._blocking(self._topics.ends, [each.stage.main for each in later])
        reached = {station.stage.name: self._of(station, ends) for station in later}
        for station in later:
            station.reached(reached[station.stage.name])
        captured = [(each, await self._captured(each)) for each in self.stations]
        await last.flush()
        for station, snapshots in captured:
            station.write(snapshots)
        await last.flush()
        await self._tell(reached)

    async def _tell(self, reached: Mapping[str, Marks]) -> None:
        """Tell who watches the lag how far the later stages are, now and then."""
        if monotonic() - self._told < TELLING:
            return
        for stage, marks in reached.items():
            await self._blocking(self._topics.tell, stage, marks)
        self._told = monotonic()

    def _of(self, station: Station, ends: Marks) -> Marks:
        topic = self.settings.physical(station.stage.main)
        return {place: end for place, end in ends.items() if place[0] == topic}


def inputs(stage: StagePlan) -> tuple[str, ...]:
    """The logical topics that a stage reads."""
    return (stage.main, *stage.sides)
