"""Received frames to market.raw records, exactly alike for a live feed and for a recording.

Per key, adjacent frames of one source and channel whose floor(received_ns / linger) is equal make
one record. From a key's first frame on, a clock record stands at each whole second, before the
first frame at or after it. Time is the running maximum of receive times over all keys, so a frame
that was received "earlier" than one before it counts as received now (its own time is kept in
`received`). The linger divides a second, so that no record spans a clock.

A collector's clock that was set back (BACK or more) does not stop time: it runs on from where it
was, at the clock's pace, until the clock has passed it again. Records are bounded: FRAMES frames,
CHARACTERS of text unless one frame alone is longer; and what is too large for a record at all
(LARGEST) is cut into parts that are marked unreadable, so that all of it is on market.raw and in
dead.letters.

    framer = Framer(run, linger)
    for key, frame in frames: publish(framer.frame(key, frame))     # each gives closed records
    publish(framer.tick(now))       # live: whatever is due by now, when no frame comes
    publish(framer.end())           # a recording: the rest, and the clock that closes its last bars
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from engine.identity import raw_id
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.raw import UNREADABLE, Encoding, RawFrame, ReceivedFrame, Source

LINGER = 20_000_000
TAIL = 4 * SECOND
"""How long the clock runs on after the last frame, rounded up to a whole second."""
PAUSE = 120 * SECOND
"""The desk was off, or its clock was set forward, if no frame came for so long: the clock leaps."""
BACK = SECOND
"""A receive time this far behind those before it is a clock that was set back."""
FRAMES = 10_000
CHARACTERS = 2 << 20
"""JSON may take six bytes for a character, and 16 MB is the limit of a record."""
LARGEST = 15 << 20
"""Bytes of the largest frame as JSON."""


@dataclass(slots=True)
class _Group:
    """The open record of one key."""

    source: Source
    channel: str
    seen_time: int = 0
    encoding: Encoding = "text"
    received: list[int] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    characters: int = 0

    def takes(self, frame: ReceivedFrame) -> bool:
        """The frame may still go into this record."""
        if self.source is not frame.source or self.channel != frame.channel:
            return False
        if self.encoding != frame.encoding:
            return False
        return self.characters + len(frame.text) <= CHARACTERS and len(self.frames) < FRAMES


def fitting(frame: ReceivedFrame) -> list[ReceivedFrame]:
    """The frame; if no record can hold it, its text in parts that are marked unreadable."""
    size = len(frame.text)
    if size <= CHARACTERS or (size <= LARGEST and len(orjson.dumps(frame.text)) <= LARGEST):
        return [frame]
    starts = range(0, size, CHARACTERS)
    told = f"{UNREADABLE}: a frame of {size} characters is over the limit of a record"
    return [
        frame._replace(
            channel=f"{told}; part {n} of {len(starts)}", text=frame.text[at : at + CHARACTERS]
        )
        for n, at in enumerate(starts, 1)
    ]


def content(frame: str) -> bytes:
    """A frame of bytes as received; raises Poison if it is no base64 though its record says so."""
    try:
        return b64decode(frame, validate=True)
    except ValueError as error:
        raise Poison(f"no base64: {error}") from error


class Framer:
    """Open records, sequences and the clock of one feed run; sans-io: time comes with the frames.

    first_seq: the sequence that a key's first record of this run gets.
    """

    def __init__(
        self, run: str, linger: int = LINGER, first_seq: Callable[[str], int] = lambda key: 0
    ) -> None:
        if linger <= 0 or SECOND % linger:
            raise ValueError(f"a linger of {linger} ns does not divide one second")
        self.run, self.linger, self.first_seq = run, linger, first_seq
        self._now = self._shift = 0
        self._until = linger
        self._open: dict[str, _Group] = {}
        self._next: dict[str, int] = {}
        self._first: dict[str, int] = {}

    def frame(self, key: str, frame: ReceivedFrame) -> list[RawFrame]:
        """Take one frame; give the records that are complete by its receive time."""
        closed = self.tick(frame.received_ns)
        if len(frame.text) <= CHARACTERS:
            return closed + self._add(key, frame) if closed else self._add(key, frame)
        for part in fitting(frame):
            closed += self._add(key, part)
        return closed

    def _add(self, key: str, frame: ReceivedFrame) -> list[RawFrame]:
        closed: list[RawFrame] = []
        group = self._open.get(key)
        if group and not group.takes(frame):
            closed.append(self._close(key))
            group = None
        if group is None:
            group = self._open[key] = _Group(frame.source, frame.channel, 0, frame.encoding)
            if key not in self._next:
                self._next[key], self._first[key] = 0, self.first_seq(key)
        group.seen_time = self._now
        group.received.append(frame.received_ns)
        group.frames.append(frame.text)
        group.characters += len(frame.text)
        return closed

    def tick(self, now: int) -> list[RawFrame]:
        """Let time pass to `now` of the collector's clock; give what is complete by then."""
        if now + self._shift < self._now - BACK:
            self._shift = self._now - now
        elif now >= self._now:
            self._shift = 0
        return self._pass(now + self._shift)

    def _pass(self, now: int) -> list[RawFrame]:
        """The open records if their linger is over, then the clock up to now."""
        if now < self._until:
            self._now = max(now, self._now)
            return []
        records = [self._close(key) for key in list(self._open)]
        boundary = self._now - self._now % SECOND + SECOND
        if now - boundary > PAUSE:
            boundary = now - now % SECOND
        for second in range(boundary, now + 1, SECOND):
            records += [self._clock(key, second) for key in self._next]
        self._now = now
        self._until = now - now % self.linger + self.linger
        return records

    def end(self, tail: int = TAIL) -> list[RawFrame]:
        """No more frames: what is open, and the clock for `tail` ns more, up to a whole second."""
        records = self._pass(-(-(self._now + tail) // SECOND) * SECOND)
        return records + [self._close(key) for key in list(self._open)]

    def _close(self, key: str) -> RawFrame:
        group = self._open.pop(key)
        return self._record(key, group)

    def _clock(self, key: str, second: int) -> RawFrame:
        return self._record(key, _Group(Source.CLOCK, "clock", second))

    def _record(self, key: str, group: _Group) -> RawFrame:
        """The record with its origin; ours, so not validated again."""
        run_seq = self._next[key]
        self._next[key] = run_seq + 1
        return RawFrame.model_construct(
            id=raw_id(self.run, key, run_seq),
            seq=self._first[key] + run_seq,
            key=key,
            seen_time=group.seen_time,
            clock=group.source is Source.CLOCK,
            run=self.run,
            run_seq=run_seq,
            source=group.source,
            channel=group.channel,
            received=tuple(group.received),
            encoding=group.encoding,
            frames=tuple(group.frames),
        )


def raw_records(
    frames: Iterable[tuple[str, ReceivedFrame]],
    run: str,
    linger: int = LINGER,
    tail: int = TAIL,
    first_seq: Callable[[str], int] = lambda key: 0,
) -> Iterator[RawFrame]:
    """All records of a recording: its (key, frame) pairs in order of receive time, framed."""
    framer = Framer(run, linger, first_seq)
    for key, frame in frames:
        yield from framer.frame(key, frame)
    yield from framer.end(tail)


def closing(last: Iterable[RawFrame], tail: int = TAIL) -> Iterator[RawFrame]:
    """The clock for `tail` ns more after the last record of each key, as `raw_records` ends.

    last: records that end at a whole second (`tail` 0), keys in the order of their first frames.
    """
    ends = [*last]
    for n in range(1, tail // SECOND + 1):
        for end in ends:
            yield RawFrame.model_construct(
                id=raw_id(end.run, end.key, end.run_seq + n),
                seq=end.seq + n,
                key=end.key,
                seen_time=-(-end.seen_time // SECOND) * SECOND + n * SECOND,
                clock=True,
                run=end.run,
                run_seq=end.run_seq + n,
                source=Source.CLOCK,
                channel="clock",
            )
