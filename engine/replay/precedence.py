"""Whether every input of every decision precedes it: told by the records alone, computing none.

A record's inputs are those behind it (`cause`: raw, ticks, signal, decision), the side rows that it
names (`reads`, `newest`), and the bars and events that these tell of. What must hold of them:

1. A record's cause was there before it, and no frame or row in it was received after its time.
2. A bar was closed: its end is no later than the desk's time, or than the latest event by then (a
   venue's clock may be ahead of the desk's, up to `ahead`).
3. A signal rests on a bar that its ticks, or ticks before them, have told.
4. A decision names as newest a record that was there, received no later than the decision's time;
   so was each side row that it has read. What people have set (control.state) was there: its time
   is theirs, not the market's, which may be that of a recording.
5. An advice was asked no later than its answer was there.

What a judgment has from elsewhere than its inputs is not on record: engine.replay.truncation.
Cost: O(1) a record and its rows; memory: records on their way from one stage to the next, and the
times of the last MOST side rows of a key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.spans import SECOND
from schemas import names
from schemas.advice import Advice
from schemas.decisions import Decision
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.signals import Signal
from schemas.ticks import BarFields, Ticks

AHEAD = 60 * SECOND
"""How far an event time may lie ahead of the desk's and be believed (TicksSettings.ahead)."""

CAUSES = {names.TICKS: names.RAW, names.SIGNALS: names.TICKS, names.DECISIONS: names.SIGNALS}
"""By topic, that of its records' causes, which have the same key."""

SIDES = frozenset((names.BOOKS, names.ADVICE, names.INSTRUMENTS, names.STATE))
"""Topics that a judgment may read beside its signal."""

MOST = 10_000
"""Side rows of a key that a judgment may be behind."""


class Peek(NamedTuple):
    """A record that rests on what it could not have had, and why."""

    topic: str
    key: str
    seq: int
    why: str

    def __str__(self) -> str:
        return f"{self.topic} {self.key} seq {self.seq} looks ahead: {self.why}"


class Known(NamedTuple):
    """What is kept of a record until those that it causes have come.

    event: latest event time that was told by then; bar: latest end of a bar; None where none was.
    """

    id: str
    seq: int
    seen_time: int
    event: int | None = None
    bar: int | None = None


class Row(NamedTuple):
    """A side row: when it was received, and the time it tells of."""

    seen_time: int
    event: int | None


@dataclass
class Precedence:
    """Watches a desk's records as they are made, or those of a log, causes first. ahead: ns.

    peeks: how many were found; decisions: how many were looked at.
    """

    ahead: int = AHEAD
    peeks: int = 0
    decisions: int = 0
    _known: dict[tuple[str, str], deque[Known]] = field(default_factory=dict)
    _rows: dict[tuple[str, str], dict[int, Row]] = field(default_factory=dict)
    _events: dict[str, int | None] = field(default_factory=dict)

    def take(self, topic: str, record: Record) -> Iterator[Peek]:
        """What one record shows."""
        for why in self._found(topic, record):
            self.peeks += 1
            yield Peek(topic, record.key, record.seq, why)

    def _found(self, topic: str, record: Record) -> Iterator[str]:
        if topic in SIDES:
            yield from self._side(topic, record)
        if isinstance(record, RawFrame):
            self._keep(topic, record, Known(record.id, record.seq, record.seen_time))
            if record.received and max(record.received) > record.seen_time:
                yield f"a frame was received at {max(record.received)}, after {record.seen_time}"
        if topic not in CAUSES:
            return
        cause = self._cause(topic, record)
        if cause is None:
            yield f"its cause {record.cause} is not among the records before it"
            return
        if cause.seen_time > record.seen_time:
            yield f"its cause was received at {cause.seen_time}, after {record.seen_time}"
        if isinstance(record, Ticks):
            yield from self._ticks(record)
        elif isinstance(record, Signal):
            yield from self._signal(record, cause)
        elif isinstance(record, Decision):
            self.decisions += 1
            yield from self._decision(record, cause)

    def _side(self, topic: str, row: Record) -> Iterator[str]:
        rows = self._rows.setdefault((topic, row.key), {})
        rows[row.seq] = Row(row.moment, row.event_time)
        if len(rows) > MOST:
            del rows[next(iter(rows))]
        if isinstance(row, Advice) and row.asked_time > row.seen_time:
            yield f"it was asked at {row.asked_time}, after its answer at {row.seen_time}"

    def _cause(self, topic: str, record: Record) -> Known | None:
        """The record's cause; what came before it has caused all that it will."""
        known = self._known.get((CAUSES[topic], record.key), deque())
        at = next((n for n, each in enumerate(known) if each.id == record.cause), None)
        if at is None:
            return None
        for _ in range(at):
            known.popleft()
        return known[0]

    def _keep(self, topic: str, record: Record, known: Known) -> None:
        self._known.setdefault((topic, record.key), deque()).append(known)

    def _ticks(self, ticks: Ticks) -> Iterator[str]:
        """Rows by the record's time, and bars that were closed by then."""
        before = self._last(names.TICKS, ticks.key)
        event, received = told(ticks, ticks.seen_time + self.ahead)
        event, bar = latest(before.event, event), before.bar
        if received is not None and received > ticks.seen_time:
            yield f"a row was received at {received}, after {ticks.seen_time}"
        for each in ticks.bars:
            bar = latest(bar, each.close_time)
            if each.close_time > max(ticks.seen_time, event or 0):
                yield unclosed(each, ticks.seen_time)
        self._keep(names.TICKS, ticks, Known(ticks.id, ticks.seq, ticks.seen_time, event, bar))

    def _signal(self, signal: Signal, ticks: Known) -> Iterator[str]:
        known = Known(signal.id, signal.seq, signal.seen_time, ticks.event, ticks.bar)
        self._keep(names.SIGNALS, signal, known)
        if signal.tick != ticks.seq:
            yield f"it rests on tick {signal.tick}, its cause is {ticks.seq}"
        if signal.bar_time is not None and signal.bar_time > (ticks.bar or 0):
            yield f"it rests on a bar that ends at {signal.bar_time}, which no ticks by then tell"

    def _decision(self, decision: Decision, signal: Known) -> Iterator[str]:
        newest = decision.newest
        if newest is None:
            yield "it names no newest input"
            return
        if newest.seen_time > decision.seen_time:
            yield f"its newest input was received at {newest.seen_time}, after it"
        yield from self._reads(decision)
        if newest.event_time is not None:
            beside = self._events.get(decision.key)
            limit = max(signal.event or 0, signal.bar or 0, beside or 0, decision.seen_time)
            if newest.event_time > limit:
                yield f"an input tells of {newest.event_time}, which no record by then does"
        if newest.topic == names.SIGNALS:
            if (newest.key, newest.seq) != (decision.key, signal.seq):
                yield f"its newest input is {newest.key} seq {newest.seq}, its cause {signal.seq}"
            return
        row = self._row(newest.topic, newest.key, newest.seq)
        if row is None or row.seen_time != newest.seen_time:
            yield f"its newest input, {newest.topic} {newest.key} seq {newest.seq}, was not there"

    def _reads(self, decision: Decision) -> Iterator[str]:
        """Side rows that had not come; what the others tell of is known from now on."""
        for read in decision.reads[1:]:
            row = self._row(read.topic, read.key, read.seq)
            late = row is not None and row.seen_time > decision.seen_time
            if row is None or (late and read.topic != names.STATE):
                yield f"it has read {read.topic} {read.key} seq {read.seq}, {_when(row)}"
            else:
                self._events[decision.key] = latest(self._events.get(decision.key), row.event)

    def _row(self, topic: str, key: str, seq: int) -> Row | None:
        """A side row; None where it was not received."""
        return self._rows.get((topic, key), {}).get(seq)

    def _last(self, topic: str, key: str) -> Known:
        known = self._known.get((topic, key))
        return known[-1] if known else Known("", -1, 0)


def told(ticks: Ticks, believed: int) -> tuple[int | None, int | None]:
    """The latest event time up to `believed`, and the latest time of receipt, over all rows."""
    groups = [ticks.trades, ticks.quotes, ticks.books, ticks.fundings]
    groups += [each for each in (ticks.interests, ticks.liquidations) if each is not None]
    events = [time for each in groups for time in each.event_time if time and time <= believed]
    received = [max(each.seen_time) for each in groups if each.seen_time]
    return max(events, default=None), max(received, default=None)


def latest(one: int | None, other: int | None) -> int | None:
    """The later of two times, where there are any."""
    if one is None or other is None:
        return one if other is None else other
    return max(one, other)


def _when(row: Row | None) -> str:
    return (
        "which was not there" if row is None else f"which was received at {row.seen_time}, after it"
    )


def unclosed(bar: BarFields, now: int) -> str:
    """In words."""
    return f"a {bar.interval} bar ends at {bar.close_time}, which is not over at {now}"
