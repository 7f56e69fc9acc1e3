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
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import faust
from confluent_kafka import Message
from faust.types import TP

from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.record import Record
from schemas.system import Severity, SystemEvent
from topics import ACCOUNT, BY_NAME
from topics.cells import Redo, StageCell, StagePlan
from topics.crashes import CRASH_CELL, LIMIT, Crashes
from topics.heap import settle
from topics.outlet import Outlet
from topics.published import published
from topics.rdkafka import attach, batches
from topics.rdkafka.failure import die
from topics.rdkafka.settings import LARGEST_RECORD
from topics.settings import Settings
from topics.snapshots import Covered, Place, Saved, covered_header, load, start_of

LARGEST_SNAPSHOT = LARGEST_RECORD - (64 << 10)
"""Bytes; the rest is for its key, headers and batch."""


class Worker:
    """Runs one stage in one Faust app.

    standing: cells that exist from the start (accounts); others come with their first record.
    redo: the engine's Rerun, for a stage whose order of inputs is only in what it published.
    broadcast: input topics of which every worker reads all partitions.
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
        redo: type[Redo] | None = None,
    ) -> None:
        self.stage, self.settings, self.outlet = stage, settings, Outlet(app, settings, stage.name)
        self._cell, self._standing, self._redo = cell, standing, redo
        self._cells: dict[str, StageCell] = {}
        self._redos: dict[str, Redo] = {}
        self._places: dict[str, set[Place]] = {}
        self._next: dict[Place, int] = {}
        self._crashes = Crashes()
        self._outgrown: set[str] = set()
        self._whole = asyncio.Lock()  # a record is taken whole before a snapshot is captured
        self.topics = [settings.physical(name) for name in (stage.main, *stage.sides)]
        attach(
            app,
            broadcast=frozenset(settings.physical(name) for name in broadcast),
            positions=self.positions,
            checkpoint=self.checkpoint,
            revoked=self.revoked,
            consumer_settings=settings.librdkafka,
            producer_settings=settings.librdkafka,
        )

    async def run(self, stream: Any) -> None:
        """The body of the stage's agent: take each batch in order, until the worker stops."""
        self.outlet.event(self._started())
        settle()
        async for batch in batches(stream):
            for message in batch:
                await self.take(message)

    async def take(self, message: Message) -> None:
        """Take one input record whole: no snapshot is captured before it is done."""
        async with self._whole:
            await self._message(message)

    def _started(self) -> SystemEvent:
        facts = {"instance": self.settings.instance, "settings": self.settings.digest}
        text = f"{self.stage.name} started with {len(self._cells)} cells"
        return SystemEvent(
            key=self.stage.name, stage=self.stage.name, severity=Severity.INFO, kind="started",
            text=text, facts=facts,
        )  # fmt: skip

    async def _message(self, message: Message) -> None:
        topic = self.settings.logical(message.topic() or "")
        key = bytes(message.key() or b"").decode(errors="backslashreplace")
        place, value = (
            (message.topic() or "", message.partition() or 0),
            bytes(message.value() or b""),
        )
        try:
            record = of_key(key, decode(BY_NAME[topic].record, value))
        except Poison as poison:
            self.outlet.letter(topic, key, None, str(poison), value)
            for name in self.stage.cells_of(topic, key):
                if name in self._cells:
                    (self._redos.get(name) or self._cells[name]).forget(topic, key)
        else:
            cells = [self._open(name, place) for name in self.stage.cells_of(topic, key)]
            await self._record(topic, record, value, cells)
        self._next[place] = (message.offset() or 0) + 1

    async def _record(
        self, topic: str, record: Record, value: bytes, cells: Sequence[StageCell]
    ) -> None:
        for cell in cells:
            if self._crashes.hopeless(topic, record, cell.key):
                self._bury(topic, record, value, cell)
                continue
            try:
                await self.feed(cell, topic, record)
            except Poison as poison:
                self.outlet.letter(topic, record.key, record.seq, str(poison), value)
            except Exception as error:
                redo = self._redos.get(cell.key)
                origin = redo.taking if redo and redo.taking else (topic, record)
                await self._end(*origin, cell.key, error)

    async def feed(self, cell: StageCell, topic: str, record: Record) -> None:
        """Let one cell take one record and emit what it makes."""
        redo = self._redos.get(cell.key)
        for made in redo.take(topic, record) if redo else cell.take(topic, record):
            self.outlet.emit(made.topic, made.key, made.record)
        if redo and redo.done:
            del self._redos[cell.key]

    def _open(self, name: str, place: Place) -> StageCell:
        """The cell of that name, made when new, and remember where its input comes from."""
        if name not in self._cells:
            self._cells[name] = self._cell.fresh(self.stage, name)
        self._places.setdefault(name, set()).add(place)
        return self._cells[name]

    def _bury(self, topic: str, record: Record, value: bytes, cell: StageCell) -> None:
        """Give up on a record that ended this stage again and again; its account is halted."""
        why = self._crashes.reason(topic, record, cell.key)
        reason = f"ended stage {self.stage.name} {LIMIT} times: {why}"
        self.outlet.letter(topic, record.key, record.seq, reason, value)
        (self._redos.get(cell.key) or cell).skip(topic, record)
        if self._standing or BY_NAME[self.stage.main].by is ACCOUNT:
            self.outlet.halt(cell.key, reason, record.seen_time)

    async def _end(self, topic: str, record: Record, cell: str, error: Exception) -> None:
        """Keep the origin of what was not foreseen, then end the process uncommitted."""
        note = self._crashes.note(self.stage.name, topic, record, cell, f"{error!r}")
        self.outlet.emit(names.SNAPSHOTS, note.key, note, covered_header({}))
        await asyncio.wait_for(self.outlet.flush(), 10)
        die(f"{self.stage.name} at {topic} {record.key} seq {record.seq}: {error!r}")

    async def positions(self, tps: frozenset[TP]) -> Mapping[TP, int]:
        """Restore the cells that live on these partitions; give where to read each from."""
        saved = await asyncio.get_running_loop().run_in_executor(
            None, load, self.settings, self.stage.name
        )
        self._crashes = Crashes.of(saved)
        mine = [one for one in saved if one.snapshot.cell != CRASH_CELL and self._owns(one, tps)]
        for one in mine:
            name = one.snapshot.cell
            self._cells[name] = self._cell.restore(self.stage, one.snapshot)
            self._places[name] = set(one.covered)
        for name in self._standing:
            self._cells.setdefault(name, self._cell.fresh(self.stage, name))
        if self._redo is not None:
            await self._prepare(self._redo, mine)
        known = {one.snapshot.cell for one in mine}
        whole = all(name in known for name in self._standing)  # a new one must see all
        starts: dict[TP, int] = {}
        for tp in tps:
            place = (tp.topic, tp.partition)
            start = start_of(place, mine) if whole else None
            if start is not None:
                starts[tp] = start
            self._next[place] = start or 0
        return starts

    def _owns(self, one: Saved, tps: frozenset[TP]) -> bool:
        if self._standing:
            return one.snapshot.cell in self._standing
        return any(TP(*place) in tps for place in one.covered)

    async def _prepare(self, redo: type[Redo], mine: Sequence[Saved]) -> None:
        """Give each cell the script of what it published after its snapshot."""
        script = await asyncio.get_running_loop().run_in_executor(
            None, published, self.settings, self._standing, mine
        )
        for name, records in script.items():
            if not (again := redo(self._cells[name], records)).done:
                self._redos[name] = again

    async def checkpoint(self) -> None:
        """Write a snapshot of every cell, after all that it covers is on the broker."""
        if self._redos:
            return
        async with self._whole:
            company = Counter(chain.from_iterable(self._places.values()))
            captured = [
                # as bytes at once: what a snapshot holds may go on changing
                (f"{self.stage.name}:{name}", encode(cell.snapshot()),
                 {place: Covered(at, company[place]) for place, at in self.covered(name)})
                for name, cell in self._cells.items()
            ]  # fmt: skip
        await self.outlet.flush()
        for key, value, covered in captured:
            if self._writable(key, value):
                header = covered_header(covered)
                self.outlet.emit_bytes(names.SNAPSHOTS, key, value, header)
        await self.outlet.flush()

    def _writable(self, key: str, value: bytes) -> bool:
        """The snapshot fits into a record. Where it does not, the older one stays: more is read
        again after a restart, and that is told once.
        """
        if len(value) <= LARGEST_SNAPSHOT:
            self._outgrown.discard(key)
            return True
        if key not in self._outgrown:
            self._outgrown.add(key)
            self.outlet.event(
                SystemEvent(
                    key=self.stage.name, stage=self.stage.name, severity=Severity.ERROR,
                    kind="snapshot", facts={"cell": key, "bytes": str(len(value))},
                    text=f"the snapshot of {key} is over {LARGEST_SNAPSHOT} bytes: not written",
                )
            )  # fmt: skip
        return False

    def covered(self, name: str) -> list[tuple[Place, int]]:
        """The next offset to read of each partition that the cell's input comes from."""
        return [
            (place, self._next[place])
            for place in sorted(self._places.get(name, ()))
            if place in self._next
        ]

    async def revoked(self, tps: frozenset[TP]) -> None:
        """Forget the cells that live on partitions given back."""
        gone = [name for name, places in self._places.items() if any(TP(*p) in tps for p in places)]
        for name in gone:
            self._cells.pop(name, None)
            self._redos.pop(name, None)
            self._places.pop(name, None)
        self._next = {place: at for place, at in self._next.items() if TP(*place) not in tps}


def of_key(key: str, record: Record) -> Record:
    """The record, if it is of the key that it came under; else Poison."""
    if record.key != key:
        raise Poison(f"the record says that it is of key {record.key!r}")
    if not all(key.partition(":")):
        raise Poison("its key is not of the form `venue:symbol` or `account:symbol`")
    return record
