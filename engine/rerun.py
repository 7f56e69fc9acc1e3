"""Make a cell do again exactly what it has published: its own records are the script.

A stage with several main keys or with side inputs depends on the order in which they reached it.
That order is in what it published (`reads`). After a crash the records published after the snapshot
are done again in that order before anything new is taken; to verify a past run, all of them are.
Records are compared byte by byte; a difference means that the engine is not deterministic: Fatal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from engine.stage import Cell, Output
from schemas import names
from schemas.codec import encode
from schemas.decisions import Decision
from schemas.errors import Fatal, Poison
from schemas.orders import OrderDecision, Read
from schemas.record import Record
from schemas.signals import ConsolidatedBook

S = TypeVar("S")
REMEDY = (
    "if code or settings are others now, start those that published it, end them by SIGTERM, which "
    "leaves nothing to be done again, and start these"
)
Telling = OrderDecision | ConsolidatedBook | Decision
"""What names that which it had read."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An input held back: its place in the order of arrival, and what is known of it.

    hole: a record before it could not be read; skipped: it must be counted, not taken.
    """

    arrival: int
    topic: str
    record: Record
    hole: bool
    skipped: bool


class Rerun(Generic[S]):
    """A cell with a script. `take` holds inputs back until the script asks for them.

    Records of the script are not given again (they are on the topic already). Cost: each input is
    held at most until its turn, O(1) amortised a record. gives: the topic of the script.
    """

    gives: ClassVar[str] = names.ORDERS

    def __init__(self, cell: Cell[S], script: Iterable[Telling]) -> None:
        self.cell = cell
        made = cell.made.get(self.gives, {})
        self._script = deque(record for record in script if record.seq > made.get(record.key, -1))
        self._inbox: dict[tuple[str, str], deque[Waiting]] = {}
        self._holes: dict[tuple[str, str], bool] = {}
        self._made: dict[str, Output] = {}  # by id, what the latest step made and is not told yet
        self._arrived = 0
        self.replayed = 0
        self.taking: tuple[str, Record] | None = None  # what an exception is about

    @property
    def done(self) -> bool:
        """True when everything published has been done again."""
        return not self._script

    def take(self, topic: str, record: Record) -> list[Output]:
        """Offer one input record; give the records that are new."""
        if self.done:
            self.taking = (topic, record)
            return self.cell.take(topic, record)
        if record.seq <= self.cell.seen.get(topic, {}).get(record.key, -1):
            return []
        self._hold(topic, record)
        outputs: list[Output] = []
        while self._script and self._ready(self._script[0].reads):
            outputs += self._redo(self._script.popleft())
        return outputs + self._drain() if self.done else outputs

    def forget(self, topic: str, key: str) -> None:
        """As `Cell.forget`, when the records that arrived before the hole have been taken."""
        if self.done:
            self.cell.forget(topic, key)
        else:
            self._holes[topic, key] = True

    def skip(self, topic: str, record: Record) -> None:
        """As `Cell.skip`, when the records that arrived before it have been taken."""
        if self.done:
            self.cell.skip(topic, record)
        else:
            self._hold(topic, record, skipped=True)

    def _hold(self, topic: str, record: Record, skipped: bool = False) -> None:
        source = (topic, record.key)
        held = self._inbox.setdefault(source, deque())
        if held and record.seq <= held[-1].record.seq:
            return  # it was there, as the cell will find; the newest stays the last one
        hole = self._holes.pop(source, False)
        held.append(Waiting(self._arrived, topic, record, hole, skipped))
        self._arrived += 1

    def _ready(self, reads: Iterable[Read]) -> bool:
        return all(self._reached(read) for read in reads)

    def _reached(self, read: Read) -> bool:
        if self.cell.seen.get(read.topic, {}).get(read.key, -1) >= read.seq:
            return True
        waiting = self._inbox.get((read.topic, read.key))
        return waiting is not None and bool(waiting) and waiting[-1].record.seq >= read.seq

    def _redo(self, published: Telling) -> list[Output]:
        """One scripted record: sides first, as far as they had been read, then the main record.

        A step may have made several; the script has them one after the other. Gives what the step
        made beside the published records: it may have been lost in the crash.
        """
        if published.id not in self._made:
            main, *sides = published.reads
            for read in sides:
                self._feed(read)
            self._made = {out.record.id: out for out in self._feed(main)}
        again = self._made.pop(published.id, None)
        if again is None or encode(again.record) != encode(published):
            place = f"{published.key} seq {published.seq}"
            raise Fatal(f"{place} does not come out as it was published; {REMEDY}")
        self.replayed += 1
        if self._script and self._script[0].id in self._made:
            return []
        left, self._made = list(self._made.values()), {}
        return left

    def _feed(self, read: Read) -> list[Output]:
        """Take the waiting records of one source up to and with the sequence that was read.

        One that is poison now was poison then: it has its letter, and gave nothing.
        """
        outputs: list[Output] = []
        waiting = self._inbox.get((read.topic, read.key), deque())
        while waiting and waiting[0].record.seq <= read.seq:
            try:
                outputs += self._take(waiting.popleft())
            except Poison:
                continue
        return outputs

    def _take(self, waiting: Waiting) -> list[Output]:
        self.taking = (waiting.topic, waiting.record)
        if waiting.hole:
            self.cell.forget(waiting.topic, waiting.record.key)
        if waiting.skipped:
            self.cell.skip(waiting.topic, waiting.record)
            return []
        return self.cell.take(waiting.topic, waiting.record)

    def _drain(self) -> list[Output]:
        """Everything that arrived beyond the script, in the order in which it came."""
        left = [waiting for source in self._inbox.values() for waiting in source]
        self._inbox.clear()
        outputs: list[Output] = []
        for waiting in sorted(left, key=lambda each: each.arrival):
            outputs += self._take(waiting)
        for topic, key in self._holes:
            self.cell.forget(topic, key)
        self._holes.clear()
        return outputs
