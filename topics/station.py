"""One stage in a worker: its cells, what becomes of the records that reach them, its snapshots.

Where stages are fused, `onward` is the next one: it takes what is made here as objects, there and
then, after the record has been handed to the producer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from confluent_kafka import Message
from faust.types import TP

from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.mirror import NOTHING
from schemas.record import Record
from schemas.system import Severity, SystemEvent
from topics import ACCOUNT, BY_NAME, TICKS
from topics.cells import Redo, Scripted, StageCell, StagePlan
from topics.crashes import CRASH_CELL, LIMIT, Crashes
from topics.funding import told as told_rates
from topics.messages import key_of, of_key, place_of
from topics.outlet import Outlet
from topics.own import told
from topics.partition import partition_of
from topics.published import published
from topics.rdkafka.failure import die
from topics.rdkafka.settings import LARGEST_RECORD
from topics.settings import Settings
from topics.share import Share
from topics.snapshots import Covered, Place, Saved, covered_header, load, start_of

LARGEST_SNAPSHOT = LARGEST_RECORD - (64 << 10)
"""Bytes; the rest is for its key, headers and batch."""

Captured = tuple[str, bytes, dict[Place, Covered]]
"""A snapshot's key, its bytes, and what it covers."""


class Station:
    """The cells of one stage; see topics.worker.Worker for standing, redo and scripted."""

    def __init__(
        self,
        settings: Settings,
        stage: StagePlan,
        cell: type[StageCell],
        outlet: Outlet,
        *,
        standing: Sequence[str] = (),
        redo: type[Redo] | None = None,
        scripted: Scripted | None = None,
    ) -> None:
        self.stage, self.settings, self.outlet = stage, settings, outlet
        self.onward: Station | None = None
        self._cell, self._standing = cell, standing
        self._redo = redo if scripted is None else scripted.redo
        self.share = Share(settings, stage, standing, scripted)
        self._cells: dict[str, StageCell] = {}
        self._redos: dict[str, Redo] = {}
        self._places: dict[str, set[Place]] = {}
        self._next: dict[Place, int] = {}
        self._company: Counter[Place] | None = None
        self._crashes = Crashes()
        self._outgrown: set[str] = set()

    # -- records ---------------------------------------------------------------------------------

    async def message(self, message: Message) -> None:
        """Take a message of one of the stage's topics."""
        if self.share.concerned(self.settings.logical(message.topic() or ""), key_of(message)):
            await self.received(message, self.read(message))
        else:
            self._passed(message)

    def _passed(self, message: Message) -> None:
        """Leave a message unread that concerns no cell; that need not be read again either."""
        place = place_of(message)
        for name in self.share.passing(place[0]):
            self._lives(name, place)
        self._next[place] = (message.offset() or 0) + 1

    def read(self, message: Message) -> Record | Poison:
        """The record of a message, or why it is none."""
        topic = self.settings.logical(message.topic() or "")
        try:
            ignored = self.stage.ignored if topic == self.stage.main else NOTHING
            record = decode(BY_NAME[topic].record, bytes(message.value() or b""), ignored)
            return of_key(key_of(message), record)
        except Poison as poison:
            return poison

    async def received(self, message: Message, found: Record | Poison) -> None:
        """Take what was read of a message."""
        topic, key = self.settings.logical(message.topic() or ""), key_of(message)
        place, value = place_of(message), bytes(message.value() or b"")
        if isinstance(found, Poison):
            self.outlet.letter(topic, key, None, str(found), value)
            for name in self.share.concerned(topic, key):
                if name in self._cells:
                    (self._redos.get(name) or self._cells[name]).forget(topic, key)
        else:
            await self._record(topic, found, value, place)
        self._next[place] = (message.offset() or 0) + 1

    async def handed(self, topic: str, record: Record) -> None:
        """Take a record of the stage before, which has it on its way to its topic."""
        place = (self.settings.physical(topic), partition_of(topic, record.key))
        await self._record(topic, record, None, place)

    async def _record(self, topic: str, record: Record, value: bytes | None, place: Place) -> None:
        """Let every cell that it concerns take a record; `value`: its bytes where they are known.

        All cells are there before the first takes it.
        """
        for cell in [self._open(name, place) for name in self.share.concerned(topic, record.key)]:
            if self._crashes.hopeless(topic, record, cell.key):
                self._bury(topic, record, value or encode(record), cell)
                continue
            try:
                await self.feed(cell, topic, record)
            except Poison as poison:
                letter = value or encode(record)
                self.outlet.letter(topic, record.key, record.seq, str(poison), letter)
            except Exception as error:
                redo = self._redos.get(cell.key)
                origin = redo.taking if redo and redo.taking else (topic, record)
                await self._end(*origin, cell.key, error)

    async def feed(self, cell: StageCell, topic: str, record: Record) -> None:
        """Let one cell take one record, emit what it makes and hand it on."""
        redo, onward = self._redos.get(cell.key), self.onward
        for made in redo.take(topic, record) if redo else cell.take(topic, record):
            self.outlet.emit(made.topic, made.key, made.record)
            if onward is not None and made.topic == onward.stage.main:
                await onward.handed(made.topic, made.record)
        if redo and redo.done:
            del self._redos[cell.key]

    def _open(self, name: str, place: Place) -> StageCell:
        """The cell of that name, made when new, and remember where its input comes from."""
        if name not in self._cells:
            self._cells[name] = self._cell.fresh(self.stage, name)
        self._lives(name, place)
        return self._cells[name]

    def _lives(self, name: str, place: Place) -> None:
        """Remember that a cell's input comes from a partition."""
        places = self._places.setdefault(name, set())
        if place not in places:
            places.add(place)
            self._company = None

    def _bury(self, topic: str, record: Record, value: bytes, cell: StageCell) -> None:
        """Give up on a record that ended this stage again and again; an account is halted."""
        why = self._crashes.reason(topic, record, cell.key)
        reason = f"ended stage {self.stage.name} {LIMIT} times: {why}"
        self.outlet.letter(topic, record.key, record.seq, reason, value)
        (self._redos.get(cell.key) or cell).skip(topic, record)
        spec = BY_NAME[self.stage.main]
        if spec is not TICKS and (self._standing or spec.by is ACCOUNT):
            self.outlet.halt(cell.key, reason, record.seen_time)

    async def _end(self, topic: str, record: Record, cell: str, error: Exception) -> None:
        """Keep the origin of what was not foreseen, then end the process uncommitted."""
        note = self._crashes.note(self.stage.name, topic, record, cell, f"{error!r}")
        self.outlet.emit(names.SNAPSHOTS, note.key, note, covered_header({}))
        async with asyncio.timeout(10):
            await self.outlet.flush()
        die(f"{self.stage.name} at {topic} {record.key} seq {record.seq}: {error!r}")

    def started(self) -> SystemEvent:
        """That the stage is at work, for system.events."""
        known = self.settings
        files = {"strategies": told(known.own), "models": known.asked_models,
                 "funding": told_rates(known.rates)}  # fmt: skip
        there = {name: each for name, each in files.items() if each}
        facts = {"instance": known.instance, "settings": known.digest, **there}
        return SystemEvent(
            key=self.stage.name, stage=self.stage.name, severity=Severity.INFO, kind="started",
            text=f"{self.stage.name} started with {len(self._cells)} cells", facts=facts,
        )  # fmt: skip

    # -- snapshots -------------------------------------------------------------------------------

    async def restore(self, tps: frozenset[TP] | None = None) -> list[Saved]:
        """Restore the cells that live on these partitions (None: all), each with the script of what
        it published after its snapshot; give those snapshots.
        """
        loop = asyncio.get_running_loop()
        self.share.tps = tps
        saved = await loop.run_in_executor(None, load, self.settings, self.stage.name)
        self._crashes = Crashes.of(saved)
        mine = [one for one in saved if one.snapshot.cell != CRASH_CELL and self.share.owns(one)]
        self._company = None
        for one in mine:
            name = one.snapshot.cell
            self._cells[name] = self._cell.restore(self.stage, one.snapshot)
            self._places[name] = set(one.covered)
        first = self.share.first()
        for name in first:
            self._cells.setdefault(name, self._cell.fresh(self.stage, name))
        if self._redo is not None:
            script = await loop.run_in_executor(
                None, published, self.settings, self._redo.gives, first, mine
            )
            for name, records in script.items():
                if not (again := self._redo(self._cells[name], records)).done:
                    self._redos[name] = again
        return mine

    def starts(self, tps: Iterable[TP], mine: Sequence[Saved]) -> dict[TP, int]:
        """Where to read partitions from, for the cells of these snapshots; one that is left out is
        read from its beginning.
        """
        known = {one.snapshot.cell for one in mine}
        whole = all(name in known for name in self._standing)  # a new one must see all
        found: dict[TP, int] = {}
        for tp in tps:
            place = (tp.topic, tp.partition)
            start = start_of(place, mine) if whole else None
            if start is not None:
                found[tp] = start
            self._next[place] = start or 0
        return found

    def reached(self, marks: Mapping[Place, int]) -> None:
        """All before these offsets has been taken, though not read from there."""
        self._next.update(marks)

    @property
    def cells(self) -> Mapping[str, StageCell]:
        """The cells that there are, by name."""
        return self._cells

    @property
    def redoing(self) -> int:
        """Cells of which something published before a crash has not been done again."""
        return len(self._redos)

    def capture(self, name: str) -> Captured | None:
        """One cell with what it covers, as of now: as bytes, for it may go on changing at once.

        Each snapshot stands for itself: cells may be captured with records in between. None when
        the cell has gone.
        """
        if (cell := self._cells.get(name)) is None:
            return None
        if self._company is None:
            self._company = Counter(chain.from_iterable(self._places.values()))
        company = self._company
        covered = {place: Covered(at, company[place]) for place, at in self.covered(name)}
        return f"{self.stage.name}:{name}", encode(cell.snapshot()), covered

    def covered(self, name: str) -> list[tuple[Place, int]]:
        """The next offset to read of each partition that the cell's input comes from."""
        return [
            (place, self._next[place])
            for place in sorted(self._places.get(name, ()))
            if place in self._next
        ]

    def write(self, captured: Iterable[Captured]) -> None:
        """Produce snapshots; all that they cover must be on the broker."""
        for key, value, covered in captured:
            if self._writable(key, value):
                self.outlet.emit_bytes(names.SNAPSHOTS, key, value, covered_header(covered))

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

    def forget(self, tps: frozenset[TP]) -> None:
        """Let go of the cells that live on partitions given back."""
        gone = [name for name, places in self._places.items() if any(TP(*p) in tps for p in places)]
        for name in gone:
            self._cells.pop(name, None)
            self._redos.pop(name, None)
            self._places.pop(name, None)
        self._company = None
        self._next = {place: at for place, at in self._next.items() if TP(*place) not in tps}
