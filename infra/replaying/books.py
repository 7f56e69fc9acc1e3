"""The books of a recording at any moment of it, built by the desk's own rules, when asked for."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from engine.book_sync import BookSync
from engine.feeds.events import Depth
from engine.feeds.speech import Kind, Topic
from infra.replaying.reel import Reel, parsed
from infra.replaying.words import Shown
from schemas.ticks import BookState

NEVER = 1 << 62
ALL = 1 << 30
"""Levels of a side."""


@dataclass(slots=True)
class Building:
    """A book, and how many frames of the recording and answers of REST it has taken in."""

    sync: BookSync
    frames: int = 0
    answers: int = 0


@dataclass(slots=True)
class Books:
    """The books of a market; a play takes them forward only."""

    reel: Reel
    _found: dict[str, Building] = field(default_factory=dict)

    def at(self, name: str, position: int) -> Shown | None:
        """The book after so many frames of the recording; None where it is not known then."""
        sync = self.built(name, position)
        if sync.state not in (BookState.OK, BookState.CROSSED):
            return None
        time = self.reel.shots[max(position - 1, 0)].time
        bids, asks = sync.book.top("bids", ALL), sync.book.top("asks", ALL)
        checksum = sync.rule.checksum(sync.book.top) if sync.rule.in_stream else None
        return Shown(name, time, sync.last, bids, asks, checksum)

    def built(self, name: str, position: int) -> BookSync:
        """The same as it is kept, whatever its state; it changes with the next call."""
        building = self._found.get(name)
        if building is None:
            feed = self.reel.feed
            kind = "spot" if self.reel.market == "spot" else "contract"
            rule = feed.rules.get(kind) or next(iter(feed.rules.values()))
            building = self._found[name] = Building(BookSync(rule, NEVER))
        self._forward(name, building, position)
        return building.sync

    def recorded(self, name: str, position: int) -> str | None:
        """The next answer of REST that was recorded after so many frames."""
        told = self.reel.answers.get(name, ())
        return next((each.text for each in told if each.position >= position), None)

    def coming(self, name: str, position: int) -> Shown | None:
        """The book of the next recorded answer of REST, None where none comes."""
        text = self.recorded(name, position)
        for event in () if text is None else parsed(self.reel.feed, text):
            if isinstance(event, Depth):
                time = self.reel.shots[max(position - 1, 0)].time
                return Shown(name, time, event.last_id, event.bids, event.asks)
        return None

    def _forward(self, name: str, building: Building, position: int) -> None:
        frames = self.reel.topics.get(Topic(Kind.BOOK, name), [])
        answers = self.reel.answers.get(name, [])
        end = bisect_left(frames, position)
        while True:
            frame = frames[building.frames] if building.frames < end else position
            told = answers[building.answers] if building.answers < len(answers) else None
            if told is not None and told.position <= frame and told.position < position:
                building.answers += 1
                self._take(building.sync, told.text)
            elif building.frames < end:
                building.frames += 1
                self._take(building.sync, self.reel.shots[frame].payload)
            else:
                return

    def _take(self, sync: BookSync, payload: str | bytes) -> None:
        for event in parsed(self.reel.feed, payload):
            if isinstance(event, Depth):
                sync.take(event, 0)
