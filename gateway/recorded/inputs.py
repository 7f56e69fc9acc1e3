"""Recordings as inputs: whose each is, what is wrong with them, and what a run made of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.feeds.recorded import Opening, route_of
from gateway.recorded.files import Span
from gateway.terminal.output import Output
from infra import recordings
from schemas.errors import TapelineError
from schemas.record import Record
from schemas.system import DeadLetter
from schemas.ticks import Ticks
from topics.inspection import Inspection
from topics.recording import Route, begins, listings, merged
from topics.settings import Settings

LONGEST = 160
"""Characters of what is told of the first of many."""


class NothingReadable(TapelineError):
    """Recordings of which no frame could be read."""


def routed(files: Sequence[Path], known: Settings, market: str | None) -> list[tuple[Path, Route]]:
    """Each file with the way from its frames to their markets; TapelineError where none is told."""
    listed = listings(known.listings or recordings.LISTINGS)
    return [
        (path, route_of(Opening(*begins(path)), listed, known.venue, market).route)
        for path in files
    ]


def inspected(files: Sequence[Path], known: Settings, market: str | None) -> Inspection:
    """All files read once, before anything is made of them; BrokenRecording for one that is none,
    breaks off, or is not in order of time."""
    inspection = Inspection()
    for _ in merged(routed(files, known, market), inspection):
        pass
    inspection.judge()
    return inspection


def spanned(inspection: Inspection) -> Span:
    """From the first to the last time, and how many frames."""
    return Span(*inspection.span(), sum(course.frames for course in inspection.courses))


@dataclass
class Flaws:
    """What the ticks stage had to say of its input: notices by market and type, with the first
    text of each, and frames that could not be read, with the first reason.
    """

    notices: Counter[tuple[str, str]] = field(default_factory=Counter)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    unreadable: int = 0
    reason: str = ""

    def take(self, record: Record) -> None:
        """A record that has come out."""
        if isinstance(record, Ticks):
            for notice in record.notices:
                place = record.key, str(notice.type)
                self.notices[place] += 1
                self.texts.setdefault(place, notice.text)
        elif isinstance(record, DeadLetter):
            self.unreadable += 1
            self.reason = self.reason or record.reason

    def judge(self, inspection: Inspection) -> None:
        """Raise NothingReadable where not one frame was any good."""
        frames = sum(course.frames for course in inspection.courses) - inspection.repeats
        if self.unreadable and self.unreadable >= frames:
            raise NothingReadable(
                f"none of {frames:,} frames could be read ({self.reason[:LONGEST]}): "
                "is --venue theirs?"
            )

    def notes(self) -> Iterator[str]:
        """A line for each kind, of all that is not told as unreadable."""
        if self.unreadable:
            first = self.reason[:LONGEST]
            yield f"{self.unreadable:,} frames could not be read; the first: {first}"
        for (key, kind), count in sorted(self.notices.items()):
            if kind != "dead":
                yield f"{key}: {count:,} {kind}; the first: {self.texts[key, kind][:LONGEST]}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        rows = [
            {"key": key, "type": kind, "count": count, "first": self.texts[key, kind]}
            for (key, kind), count in sorted(self.notices.items())
        ]
        return {"unreadable": self.unreadable, "notices": rows}


def as_json(inspection: Inspection) -> dict[str, Any]:
    """What is wrong with the files, for programs; empty lists where all is well."""
    return {
        "early": [
            {"file": each.path.name, "frames": each.back, "first": each.where, "by": each.furthest}
            for each in inspection.courses
            if each.back
        ],
        "overlaps": [
            {"files": [each.one.name, each.other.name], "key": each.key, "from": each.first,
             "to": each.last}
            for each in inspection.overlaps()
        ],
        "repeats": inspection.repeats,
    }  # fmt: skip


def tell(notes: Iterator[str], output: Output) -> None:
    """Each on a line of stderr."""
    for note in notes:
        output.note(f"input: {note}")
