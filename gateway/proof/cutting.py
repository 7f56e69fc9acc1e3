"""A run as it was at an earlier time: what its markets had come to by then, made again of no more.

The raw records before the time must give just the ticks, bars, signals and decisions before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import takewhile

from gateway.proof.published import Keyed, Source
from gateway.proof.verifying import Verification
from gateway.terminal.span import time_text
from schemas import names
from topics.settings import Settings

CUTS = 3
"""How often a run is cut, at equal spans of its time."""

TIME = re.compile(rb'"event_time":(?:null|-?\d+),"seen_time":(\d+)')
"""Of the record itself: those of its rows come later."""


class Until:
    """What a source held before a time, ns of seen_time."""

    def __init__(self, source: Source, time: int) -> None:
        self._source, self._time = source, time

    def of(self, topic: str, key: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of`."""
        return takewhile(lambda each: self._was(each[1]), self._source.of(topic, key))

    def of_account(self, topic: str, account: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of_account`."""
        found = self._source.of_account(topic, account)
        return ((seq, value) for seq, value in found if self._was(value))

    def of_all(self, topic: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of_all`; letters have no time, and are all there."""
        return (
            (seq, value)
            for seq, value in self._source.of_all(topic)
            if topic == names.LETTERS or self._was(value)
        )

    def keyed(self, topic: str) -> Iterator[Keyed]:
        """As `Source.keyed`."""
        return (each for each in self._source.keyed(topic) if self._was(each[2]))

    def keys(self, topic: str) -> set[str]:
        """As `Source.keys`."""
        return {key for key, _, _ in self.keyed(topic)}

    def _was(self, value: bytes) -> bool:
        return seen_time(value) < self._time


def seen_time(value: bytes) -> int:
    """The time of an encoded record, ns; 0 where it tells none, as an unreadable one."""
    found = TIME.search(value)
    return 0 if found is None else int(found[1])


def cuts(source: Source) -> list[int]:
    """The times at which a run is cut, ns, the first one first; none where it has no raw record."""
    times = [time for _, _, value in source.keyed(names.RAW) if (time := seen_time(value))]
    if not times:
        return []
    return cuts_of(min(times), max(times))


def cuts_of(first: int, last: int) -> list[int]:
    """Times, ns, that cut a span into equal parts."""
    return [first + (last - first) * n // (CUTS + 1) for n in range(1, CUTS + 1)]


def cut(settings: Settings, source: Source, tell: Callable[[str], None]) -> list[str]:
    """Where the markets of a run come out otherwise than published when the run is cut, in words.

    The shortest first, each with stages of its own: nothing can be kept of what comes later.
    """
    found: list[str] = []
    for time in cuts(source):
        at = time_text(time)
        tell(f"cut at {at} ...")
        early = Verification(settings, Until(source, time)).markets()
        found.extend(f"cut at {at}: {text}" for text in early.differences)
    return found
