"""Identity, state and time: the one small piece that every stage stands on.

A stage is a pure function of (state, main record, tables). A Cell is one state of a stage (one
market key, or one account) together with all that makes a restart exact:

- `seen`: the last sequence taken of each input topic and key. A record at or below it is dropped,
  a main record that jumps past it raises SequenceGap: no double and no hole upstream can pass.
- `made`: the last sequence given on each output topic and key. After a restart the same records
  come out with the same sequences, and readers drop them by the same rule. Keys that end (orders in
  the journal) leave with their last record: O(keys that go on), not O(keys there ever were).
- `clocks`: the running maximum of seen_time per main key. Time moves by records only.
- `tables`: the latest record of each side input and key. Sides are compacted topics, so only the
  latest matters and the order between keys does not; they are taken in silently and change nothing
  until the next main record. `reads` names them, with the main record, in what that record gives;
  a stage without side inputs is told of none.
- `ahead`: rows of the stage's `timely` sides, a stream of facts about the market: each counts only
  from the main record on whose time is its own or later. So no judgment looks ahead.

So a cell's outputs are a function of its snapshot and of the (main, reads) sequence alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from engine.ahead import Ahead
from engine.identity import record_id
from schemas.codec import decode, encode
from schemas.errors import SequenceGap
from schemas.orders import Read
from schemas.record import Record
from schemas.system import Snapshot

S = TypeVar("S")
Tables = dict[str, dict[str, Record]]
Heard = Callable[[str, Record], None]
NOTHING: tuple[Read, ...] = ()


class Draft(NamedTuple):
    """A record before it has its identity: where it goes and what it says.

    ends: nothing more is made under this key, so that its sequence need not be kept. fresh: nobody
    else has the record, so that its identity is filled into it and not into a copy.
    """

    topic: str
    key: str
    record: Record
    ends: bool = False
    fresh: bool = False


class Output(NamedTuple):
    """A finished record with the logical topic and key it goes to."""

    topic: str
    key: str
    record: Record


class Context(NamedTuple):
    """What a step may know beside its state: time in ns, side tables and what was newly read."""

    key: str
    now: int
    tables: Tables
    reads: tuple[Read, ...]


class Stage(Protocol[S]):
    """The pure part of a stage. `step` may change its state in place and must be deterministic.

    It may have `timely`, a frozenset of those of its side topics that count from their time on; and
    `heard(topic, record)`, told of each side record when it comes, to make ready what the next step
    will want of it. That must change nothing of what is made.
    """

    name: str
    main: str
    ignored: frozenset[str]
    sides: dict[str, type[Record]]

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """The cells that a record of this topic and key goes to."""
        ...

    def initial(self, cell: str) -> S:
        """The state of a cell before its first record."""
        ...

    def step(self, state: S, record: Any, context: Context) -> Sequence[Draft]:
        """What one main record gives; at least one draft."""
        ...

    def dump(self, state: S) -> Any:
        """The state as JSON values."""
        ...

    def load(self, data: Any) -> S:
        """The state that `dump` gave."""
        ...


@dataclass
class Cell(Generic[S]):
    """One state of a stage with its sequences, clocks and tables (see the module's text)."""

    stage: Stage[S]
    key: str
    state: S
    seen: dict[str, dict[str, int]] = field(default_factory=dict)
    made: dict[str, dict[str, int]] = field(default_factory=dict)
    clocks: dict[str, int] = field(default_factory=dict)
    tables: Tables = field(default_factory=dict)
    unread: dict[str, dict[str, int]] = field(default_factory=dict)
    holes: dict[str, dict[str, int]] = field(default_factory=dict)
    ahead: Ahead = field(default_factory=Ahead)

    def __post_init__(self) -> None:
        self._timely: frozenset[str] = getattr(self.stage, "timely", frozenset())
        self._heard: Heard | None = getattr(self.stage, "heard", None)
        self._reading = bool(self.stage.sides)
        if self._heard is not None:
            for topic, rows in self.tables.items():
                for row in rows.values():
                    self._heard(topic, row)

    @classmethod
    def fresh(cls, stage: Stage[S], key: str) -> Cell[S]:
        """A cell that has seen nothing."""
        return cls(stage, key, stage.initial(key))

    def take(self, topic: str, record: Record) -> list[Output]:
        """Take one input record; give what it makes, or nothing for a side record or a double."""
        if topic != self.stage.main:
            self._absorb(topic, record)
            return []
        key, seq = record.key, record.seq
        seen = self.seen.get(topic)
        if seen is None:
            seen = self.seen[topic] = {}
        last = seen.get(key)
        if last is not None and seq <= last:
            return []
        hole = self.holes.get(topic, {}).pop(key, None) if self.holes else None
        if last is not None and seq > last + 1 and hole is None:
            raise SequenceGap(topic, key, last + 1, seq)
        seen[key] = seq
        now = self.clocks[key] = max(record.seen_time, self.clocks.get(key, 0))
        if self.ahead:
            for side, row in self.ahead.due(now):
                self._count(side, row)
        reads = self._reads(topic, record) if self._reading else NOTHING
        drafts = self.stage.step(self.state, record, Context(key, now, self.tables, reads))
        if self.unread:
            self.unread.clear()
        return self._finish(drafts, record, now)

    def skip(self, topic: str, record: Record) -> None:
        """Count a poisoned main record as seen, so that the next one is no gap."""
        seen = self.seen.setdefault(topic, {})
        seen[record.key] = max(record.seq, seen.get(record.key, -1))

    def forget(self, topic: str, key: str) -> None:
        """Let the next new sequence jump: an undecodable record hid its own."""
        if key in self.seen.get(topic, {}):
            self.holes.setdefault(topic, {})[key] = self.seen[topic][key]

    def pass_over(
        self, key: str, count: int, output: tuple[str, str] | None = None, drafts: int = 1
    ) -> None:
        """Count so many main records of a key as taken that changed nothing, each with so many
        drafts under a topic and key. Who calls it answers for that (engine.replay.tape_desk).
        """
        seen = self.seen.setdefault(self.stage.main, {})
        seen[key] = seen.get(key, -1) + count
        if output is not None:
            topic, place = output
            made = self.made.setdefault(topic, {})
            made[place] = made.get(place, -1) + count * drafts

    def _absorb(self, topic: str, record: Record) -> None:
        seen = self.seen.get(topic)
        if seen is None:
            seen = self.seen[topic] = {}
        if record.seq <= seen.get(record.key, -1):
            return
        seen[record.key] = record.seq
        if topic not in self._timely:
            self._count(topic, record)
            return
        before = self.ahead.last(topic, record.key) or self.tables.get(topic, {}).get(record.key)
        self.ahead.put(topic, record.upon(before))

    def _count(self, topic: str, record: Record) -> None:
        """Let a side record be the latest of its key from now on."""
        if self._heard is not None:
            self._heard(topic, record)
        rows, unread = self.tables.get(topic), self.unread.get(topic)
        if rows is None:
            rows = self.tables[topic] = {}
        if unread is None:
            unread = self.unread[topic] = {}
        rows[record.key], unread[record.key] = record, record.seq

    def _reads(self, topic: str, record: Record) -> tuple[Read, ...]:
        """Name the main record and the side records taken in since the last step that gave any."""
        main = Read.whole({"topic": topic, "key": record.key, "seq": record.seq})
        if not self.unread:
            return (main,)
        sides = [
            Read.whole({"topic": side, "key": key, "seq": seq})
            for side, keys in sorted(self.unread.items())
            for key, seq in sorted(keys.items())
        ]
        return (main, *sides)

    def _finish(self, drafts: Sequence[Draft], parent: Record, now: int) -> list[Output]:
        """Give drafts their identity."""
        name, cause, clock = self.stage.name, parent.id, parent.clock
        found = []
        for n, (topic, key, record, ends, fresh) in enumerate(drafts):
            made = self.made.get(topic)
            if made is None:
                made = self.made[topic] = {}
            seq = made[key] = made.get(key, -1) + 1
            if ends:
                del made[key]
            identify = record.become if fresh else record.identified
            told = identify(
                id=record_id(name, cause, n), cause=cause, seq=seq, key=key, seen_time=now,
                clock=clock,
            )  # fmt: skip
            found.append(Output(topic, key, told))
        return found

    def snapshot(self) -> Snapshot:
        """The whole cell as a record, from which `restore` makes an equal one."""
        tables = {
            topic: {key: encode(record).decode() for key, record in sorted(rows.items())}
            for topic, rows in sorted(self.tables.items())
        }
        return Snapshot(
            key=f"{self.stage.name}:{self.key}",
            stage=self.stage.name,
            cell=self.key,
            state=self.stage.dump(self.state),
            seen={topic: dict(keys) for topic, keys in self.seen.items()},
            made={topic: dict(keys) for topic, keys in self.made.items()},
            clocks=dict(self.clocks),
            tables=tables,
            ahead=self.ahead.dump(),
            reads={topic: dict(keys) for topic, keys in self.unread.items()},
            holes={topic: dict(keys) for topic, keys in self.holes.items()},
        )

    @classmethod
    def restore(cls, stage: Stage[S], snapshot: Snapshot) -> Cell[S]:
        """The cell that `snapshot` was taken of."""
        tables: Tables = {
            topic: {key: decode(stage.sides[topic], text.encode()) for key, text in rows.items()}
            for topic, rows in snapshot.tables.items()
        }
        return cls(
            stage,
            snapshot.cell,
            stage.load(snapshot.state),
            seen={topic: dict(keys) for topic, keys in snapshot.seen.items()},
            made={topic: dict(keys) for topic, keys in snapshot.made.items()},
            clocks=dict(snapshot.clocks),
            tables=tables,
            unread={topic: dict(keys) for topic, keys in snapshot.reads.items()},
            holes={topic: dict(keys) for topic, keys in snapshot.holes.items()},
            ahead=Ahead.load(snapshot.ahead, stage.sides),
        )
