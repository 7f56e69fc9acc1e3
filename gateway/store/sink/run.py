"""The sink as a process: topics followed into the store, through losses of either."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from gateway.store.engine import StoreError
from gateway.store.settings import StoreSettings
from gateway.store.sink.places import OtherTopics, Source, begin
from gateway.store.sink.rows import Keep, Made, made, unreadable
from gateway.store.sink.taken import TOPICS, Taken
from gateway.store.sink.writing import At, Overtaken, take
from gateway.watching.follower import PASSING
from topics.reading import PASSING as EARLY
from topics.reading import TIMEOUT, ends, patiently, reader
from topics.settings import Settings

log = logging.getLogger("tapeline.store")
WAIT = 0.5
"""Seconds that a batch waits for company."""
LOOK = 1.0
"""Seconds between two looks at how much is left."""
FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0
"""Seconds between two tries of a store that is away."""


class Sink:
    """Reads the topics from where the store has got to.

    lags: records that are left, by topic; written, failures: counts; trouble: why nothing can be
    written now, in words.
    """

    def __init__(self, store: Engine, settings: Settings, options: StoreSettings) -> None:
        self._store, self._settings, self._most = store, settings, options.batch
        self._keep = Keep(options.holds, options.step * 1_000_000_000)
        self._consumer = reader(settings)
        self._places: dict[At, int] = {}
        self.lags: dict[str, int] = {}
        self.written = self.failures = 0
        self.trouble, self._looked = "it has not begun", 0.0
        self.source = source(self._consumer, settings)

    def begin(self) -> dict[At, int]:
        """Read on from the places of the store; gives them."""
        self.source = source(self._consumer, self._settings)
        self._places = begin(self._store, self.source)
        names = self.source.names
        self._consumer.assign(
            [TopicPartition(names[topic], number, at)
             for (topic, number), at in self._places.items()]
        )  # fmt: skip
        return dict(self._places)

    def turn(self) -> int:
        """Write what has come; gives the number of records, 0 after a while without any.

        Where another process has written meanwhile, it reads on from where that one has got to.
        """
        batch = [taken(each, self._settings) for each in self._messages()]
        self.look()
        if not batch:
            return 0
        try:
            self._write(batch)
        except Overtaken as error:
            log.info("%s: reading on from where the store is now", error)
            self.begin()
            return 0
        self.written += len(batch)
        return len(batch)

    def look(self) -> None:
        """Once a second, note by topic how many records the broker has told of are not written."""
        if time.monotonic() - self._looked < LOOK:
            return
        self._looked, found = time.monotonic(), dict.fromkeys(self.source.names, 0)
        for (topic, number), at in self._places.items():
            place = TopicPartition(self.source.names[topic], number)
            marks = self._consumer.get_watermark_offsets(place, cached=True)
            found[topic] += max(0, (marks[1] if marks else 0) - at)
        self.lags = found

    @property
    def places(self) -> dict[At, int]:
        """Of each partition, the offset of the record to be read next."""
        return dict(self._places)

    def _write(self, batch: Sequence[Taken]) -> None:
        """Write them together; where the database does not take that, one by one."""
        try:
            self._take(batch, lambda each: made(each, self._keep))
        except DBAPIError as error:
            if len(batch) == 1:
                reason = str(error.orig).splitlines()[0]
                self._take(batch, lambda each: [unreadable(each, reason)])
            for each in batch if len(batch) > 1 else ():
                self._write([each])

    def _take(self, batch: Sequence[Taken], making: Callable[[Taken], list[Made]]) -> None:
        self._places |= take(self._store, batch, self._places, self.source.names, making)

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def _messages(self) -> Iterator[Message]:
        for message in self._consumer.consume(self._most, WAIT):
            error = message.error()
            if error is None:
                yield message
            elif error.code() not in PASSING | EARLY:
                raise KafkaException(error)


def taken(message: Message, settings: Settings) -> Taken:
    """A message with its place."""
    value, (_, timestamp) = message.value(), message.timestamp()
    return Taken(
        settings.logical(message.topic() or ""), message.partition() or 0, message.offset() or 0,
        timestamp, None if value is None else bytes(value),
    )  # fmt: skip


def source(consumer: Consumer, settings: Settings) -> Source:
    """The topics of the sink as they are on the broker."""
    names = {topic: settings.physical(topic) for topic in TOPICS}
    found = patiently(lambda: consumer.list_topics(timeout=TIMEOUT))
    marks = {
        (topic, number): span
        for topic, name in names.items()
        for number, span in patiently(lambda name=name: ends(consumer, name)).items()  # type: ignore[misc]
    }
    return Source(found.cluster_id or "", names, marks)


@contextmanager
def sinking(store: Engine, settings: Settings, options: StoreSettings) -> Iterator[Sink]:
    """A sink, closed at the end."""
    sink = Sink(store, settings, options)
    try:
        yield sink
    finally:
        sink.close()


def follow(sink: Sink) -> NoReturn:
    """Write what comes, for ever; a store that is away is asked again until it is back."""
    delay = FIRST_DELAY
    turn: Callable[[], object] = sink.begin
    while True:
        try:
            turn()
            delay, turn, sink.trouble = FIRST_DELAY, sink.turn, ""
        except OtherTopics:
            raise
        except StoreError as error:
            log.warning("%s; trying again in %.1f s", error, delay)
            sink.failures, sink.trouble = sink.failures + 1, str(error)
            sink.look()
            time.sleep(delay)
            delay, turn = min(2 * delay, LONGEST_DELAY), sink.begin


def caught_up(sink: Sink, until: Mapping[At, int]) -> Iterator[tuple[int, int]]:
    """Write until these offsets are reached; gives how many offsets of how many were passed."""
    start = sink.begin()
    whole = sum(max(0, end - start[at]) for at, end in until.items())
    while True:
        places = sink.places
        left = sum(max(0, end - places[at]) for at, end in until.items())
        yield whole - left, whole
        if not left:
            return
        sink.turn()


def ends_of(source: Source) -> dict[At, int]:
    """Of each partition, the offset of the record that will be written next."""
    return {at: end for at, (_, end) in source.marks.items()}
