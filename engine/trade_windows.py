"""Buying and selling over sliding windows of event time: exact sums, O(windows) a trade.

A trade passes through the windows from the shortest to the longest: segment i holds the trades that
are at least span i-1 old and younger than span i, so window i is the sum of the segments up to i.
Volumes are integers of 10^-18 base; nothing drifts, and a restart gives the same sums.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

Entry = tuple[int, int, int, int]
"""Event time in ns, bought and sold in 10^-18 base, number of trades."""

Sums = tuple[int, int, int]
"""Bought, sold, number of trades."""


@dataclass
class EventClock:
    """Event time as far as the records tell it; it never runs backwards.

    A record with an event time sets it. One without (the desk's clock in a quiet market) moves it
    on by as much as the desk's own time has moved since then, so that windows run empty. The two
    clocks are never compared: a venue's may be ahead of ours by seconds.
    """

    time: int = 0
    event: int | None = None
    seen: int = 0

    def move(self, event_time: int | None, now: int) -> int:
        """The event time of a record, in ns; now: the desk's time."""
        if event_time is not None:
            self.event, self.seen = event_time, now
        elif self.event is not None:
            event_time = self.event + now - self.seen
        if event_time is not None and event_time > self.time:
            self.time = event_time
        return self.time


@dataclass
class Segment:
    """Trades of one range of ages, oldest first, and their sums."""

    entries: deque[Entry] = field(default_factory=deque)
    bought: int = 0
    sold: int = 0
    trades: int = 0

    def add(self, entry: Entry) -> None:
        """Put it in its place by time; trades of one instant are one entry."""
        entries, time = self.entries, entry[0]
        self.bought += entry[1]
        self.sold += entry[2]
        self.trades += entry[3]
        if not entries or entries[-1][0] < time:
            entries.append(entry)
        elif entries[-1][0] == time:
            _, bought, sold, trades = entries[-1]
            entries[-1] = (time, bought + entry[1], sold + entry[2], trades + entry[3])
        else:
            entries.insert(sum(1 for each in entries if each[0] <= time), entry)

    def drop_oldest(self) -> Entry:
        """Take the oldest out."""
        entry = self.entries.popleft()
        self.bought -= entry[1]
        self.sold -= entry[2]
        self.trades -= entry[3]
        return entry


class TradeWindows:
    """Sums of the trades with time - span < event time <= time, for each of the ascending spans."""

    def __init__(self, spans: tuple[int, ...]) -> None:
        self.spans = spans
        self.segments = tuple(Segment() for _ in spans)

    def move(self, time: int) -> None:
        """Let what has become too old pass into the next window, and out of the last."""
        last = len(self.spans) - 1
        for place, (span, segment) in enumerate(zip(self.spans, self.segments, strict=True)):
            edge, entries = time - span, segment.entries
            while entries and entries[0][0] <= edge:
                entry = segment.drop_oldest()
                if place < last:
                    self.segments[place + 1].add(entry)

    def add(self, time: int, entry: Entry) -> None:
        """Count a trade at event time `time`, to which the windows have moved."""
        age = time - entry[0]
        for span, segment in zip(self.spans, self.segments, strict=True):
            if age < span:
                segment.add(entry)
                return

    def sums(self) -> list[Sums]:
        """What each window holds, in the order of the spans."""
        bought = sold = trades = 0
        sums: list[Sums] = []
        for segment in self.segments:
            bought += segment.bought
            sold += segment.sold
            trades += segment.trades
            sums.append((bought, sold, trades))
        return sums

    def dump(self) -> list[list[Any]]:
        """All entries, oldest first, as columns; volumes as text, for they may pass 64 bits."""
        entries = [entry for segment in reversed(self.segments) for entry in segment.entries]
        return [
            [entry[0] for entry in entries],
            [str(entry[1]) for entry in entries],
            [str(entry[2]) for entry in entries],
            [entry[3] for entry in entries],
        ]

    @classmethod
    def load(cls, spans: tuple[int, ...], time: int, columns: list[list[Any]]) -> TradeWindows:
        """The windows that `dump` gave at event time `time`."""
        windows = cls(spans)
        for at, bought, sold, trades in zip(*columns, strict=True):
            windows.add(time, (at, int(bought), int(sold), trades))
        return windows
