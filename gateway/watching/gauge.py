"""How many records each topic holds, and how far each stage has come."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import ConsumerGroupTopicPartitions, Message, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from engine.books import BooksSettings
from gateway.watching.flow import BOOKS, COUNTED, FLOW, Stop, flow_of
from gateway.watching.follower import Follower
from schemas import names
from topics import BY_NAME
from topics.admin import client
from topics.reading import latest, patiently
from topics.settings import Settings
from topics.snapshots import covered_of

TIMEOUT = 20.0

EARLIEST: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]

Marks = dict[tuple[str, int], int]
"""An offset of each physical topic and partition."""


@dataclass(frozen=True)
class Sample:
    """One look: monotonic seconds, records by logical topic, and the lag in records of each stage
    that there is.
    """

    at: float
    counts: Mapping[str, int] = field(default_factory=dict)
    lags: Mapping[str, int] = field(default_factory=dict)
    stops: tuple[Stop, ...] = FLOW


class Positions:
    """How far the standing cells have come, as their snapshots say; follows state.snapshots."""

    def __init__(self, settings: Settings, symbols: tuple[str, ...]) -> None:
        self._names = dict.fromkeys(FLOW, settings.accounts) | {BOOKS: symbols}
        self._cells = dict[str, Marks]()
        self._follower = Follower(settings, [names.SNAPSHOTS])
        keys = [
            self._key(stop, one)
            for stop, names in self._names.items()
            if stop.standing
            for one in names
        ]
        for message in latest(settings, names.SNAPSHOTS, keys).values():
            self._take(message)

    @staticmethod
    def _key(stop: Stop, cell: str) -> str:
        return f"{stop.stage}:{cell}"

    def _take(self, message: Message) -> None:
        covered = covered_of(message.headers())
        marks = {place: at.offset for place, at in covered.items()}
        self._cells[bytes(message.key() or b"").decode()] = marks

    def of(self, stop: Stop) -> Marks:
        """The next offset to read of each partition, of the cell that is furthest behind."""
        while messages := self._follower.poll():
            for _, message in messages:
                self._take(message)
        found: Marks = {}
        for name in self._names[stop]:
            for place, at in self._cells.get(self._key(stop, name), {}).items():
                found[place] = min(at, found.get(place, at))
        return found

    def close(self) -> None:
        """Let go of the broker."""
        self._follower.close()


class Gauge:
    """Looks at the broker of `settings`; raises KafkaException where it does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._admin = settings, client(settings)
        symbols = settings.of("books", BooksSettings).symbols
        self.stops = flow_of(symbols, bool(settings.advice.get("advisors")))
        self._positions = Positions(settings, symbols)
        self._starts = patiently(lambda: self._offsets(COUNTED, EARLIEST))

    def sample(self) -> Sample:
        """The counts and lags as they are now; lags are asked for in the order of the flow."""
        lags = {stop.stage: self.lag(stop) for stop in self.stops}
        found = self._offsets(COUNTED, LATEST)
        counts = dict.fromkeys(COUNTED, 0)
        for (topic, number), end in found.items():
            counts[self._settings.logical(topic)] += end - self._starts.get((topic, number), 0)
        return Sample(time.monotonic(), counts, lags, self.stops)

    def ends(self, topic: str) -> Marks:
        """The next offset of each partition of a logical topic."""
        return self._offsets([topic], LATEST)

    def lag(self, stop: Stop) -> int:
        """Records of the stage's main input that it has not yet done for good."""
        at = self._positions.of(stop) if stop.standing else self._committed(stop)
        found = self._offsets([stop.takes], LATEST)
        return sum(end - at.get(place, self._starts.get(place, 0)) for place, end in found.items())

    def laggard(self) -> tuple[str, int] | None:
        """The first stage of the flow that has not caught up, and its lag; None when all have."""
        for stop in self.stops:
            if lag := self.lag(stop):
                return stop.stage, lag
        return None

    def close(self) -> None:
        """Let go of the broker."""
        self._positions.close()

    def _committed(self, stop: Stop) -> Marks:
        group = f"{self._settings.prefix}tapeline-{stop.stage}"
        asked = [ConsumerGroupTopicPartitions(group)]
        futures = self._admin.list_consumer_group_offsets(asked, request_timeout=TIMEOUT)
        rows = futures[group].result().topic_partitions
        return {(row.topic, row.partition): row.offset for row in rows if row.offset >= 0}

    def _offsets(self, topics: Iterable[str], which: OffsetSpec) -> Marks:
        asked = {
            TopicPartition(self._settings.physical(topic), number): which
            for topic in topics
            for number in range(BY_NAME[topic].partitions)
        }
        futures = self._admin.list_offsets(asked, request_timeout=TIMEOUT)
        return {(place.topic, place.partition): f.result().offset for place, f in futures.items()}


def rate(samples: Iterable[Sample], topic: str) -> float:
    """Records a second that came onto a topic between the first and the last look."""
    looks = list(samples)
    if len(looks) < 2 or looks[-1].at <= looks[0].at:
        return 0.0
    grown = looks[-1].counts.get(topic, 0) - looks[0].counts.get(topic, 0)
    return grown / (looks[-1].at - looks[0].at)


def taken(samples: Iterable[Sample], stop: Stop) -> float:
    """Records a second that a stage has done between the first and the last look."""
    looks = list(samples)
    if len(looks) < 2 or looks[-1].at <= looks[0].at:
        return 0.0
    done = [look.counts.get(stop.takes, 0) - look.lags.get(stop.stage, 0) for look in looks]
    return max(0.0, (done[-1] - done[0]) / (looks[-1].at - looks[0].at))
