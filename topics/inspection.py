"""What is wrong with recordings taken together: files out of order in time, and files that overlap.

A recording is read as a stream, so this is found while its frames pass:

    inspection = Inspection()
    for key, frame in merged(files, inspection): ...
    inspection.judge()            # raises Disordered
    inspection.notes()            # what was repaired, a line each
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from schemas.raw import Source
from topics.recording import BrokenRecording, Keyed

FEW = 10
"""Lines that may be earlier than the one before: a recorder's clock is set back now and then."""

SHARE = 1000
"""And one line in so many; a file with more is not in order."""


class Disordered(BrokenRecording):
    """A recording whose lines are not in order of time."""


@dataclass
class Course:
    """One file's frames. back: how many are earlier than the one before, the first as frame
    number `where` (from 1), the most by `furthest` ns. spans: first and latest time of each key and
    source: snapshots that were asked for beside a stream do not overlap with it.
    """

    path: Path
    frames: int = 0
    back: int = 0
    where: int = 0
    furthest: int = 0
    spans: dict[tuple[str, Source], list[int]] = field(default_factory=dict)
    last: int = 0

    def see(self, key: str, source: Source, received: int) -> None:
        """The next frame."""
        self.frames += 1
        if received < self.last:
            self.back += 1
            self.where = self.where or self.frames
            self.furthest = max(self.furthest, self.last - received)
        self.last = received
        span = self.spans.setdefault((key, source), [received, received])
        if received > span[1]:
            span[1] = received
        elif received < span[0]:
            span[0] = received

    @property
    def disordered(self) -> bool:
        """True where so many lines are early that no clock explains it."""
        return self.back > max(FEW, self.frames // SHARE)

    def in_words(self) -> str:
        """Of a file some of whose lines are early."""
        count = f"{self.back:,} of {self.frames:,} frames are"
        if self.back == 1:
            count = f"1 of {self.frames:,} frames is"
        return (
            f"{self.path.name}: {count} earlier than the one before, by up to "
            f"{self.furthest / 1e9:g} s, the first is frame {self.where:,}"
        )


@dataclass(frozen=True)
class Overlap:
    """Two files that both have a market between these times, ns."""

    one: Path
    other: Path
    key: str
    first: int
    last: int


@dataclass
class Inspection:
    """The courses of files. repeats: frames that a file had as one before it, and not taken."""

    courses: list[Course] = field(default_factory=list)
    repeats: int = 0

    def watch(self, path: Path, frames: Iterator[Keyed]) -> Iterator[Keyed]:
        """The frames of a file, seen as they pass."""
        course = Course(path)
        self.courses.append(course)
        return _seen(course, frames)

    def judge(self) -> None:
        """Raise Disordered for the first file that is not in order of time."""
        for course in self.courses:
            if course.disordered:
                raise Disordered(f"{course.in_words()}: sort its lines by time, then try again")

    def span(self) -> tuple[int, int]:
        """The first and the latest time of all, ns."""
        spans = [span for course in self.courses for span in course.spans.values()]
        return min(span[0] for span in spans), max(span[1] for span in spans)

    def overlaps(self) -> Iterator[Overlap]:
        """Pairs of files with a market in common at the same time."""
        for one, other in combinations(self.courses, 2):
            for both in sorted(one.spans.keys() & other.spans.keys()):
                first = max(one.spans[both][0], other.spans[both][0])
                last = min(one.spans[both][1], other.spans[both][1])
                if first < last:
                    yield Overlap(one.path, other.path, both[0], first, last)

    def notes(self) -> Iterator[str]:
        """What a person must know of the input, a line each; nothing for sound recordings."""
        for course in self.courses:
            if course.back:
                yield f"{course.in_words()}: the desk's time goes on from where it was"
        for each in self.overlaps():
            length = (each.last - each.first) / 1e9
            yield f"{each.one.name} and {each.other.name} overlap by {length:g} s in {each.key}"
        if self.repeats:
            yield f"{self.repeats:,} frames were in two files and are taken once"


def _seen(course: Course, frames: Iterator[Keyed]) -> Iterator[Keyed]:
    see = course.see
    for keyed in frames:
        frame = keyed[1]
        see(keyed[0], frame.source, frame.received_ns)
        yield keyed
