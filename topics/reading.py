"""Read a topic outside of Faust: what is there now, from the start or from the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeVar

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from topics.admin import QUIET, address
from topics.partition import partition_of
from topics.settings import Settings

TIMEOUT = 30.0
"""Seconds that the broker may take to answer."""

PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
}
"""Errors of a broker that is not there yet; they pass."""

EARLY = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
    }
)
"""Errors of a topic that every broker has not heard of yet; they pass."""

T = TypeVar("T")


def patiently(ask: Callable[[], T], patience: float = 15.0, passing: Collection[int] = EARLY) -> T:
    """What `ask` gives, asked again for `patience` s while it raises errors that pass."""
    until = time.monotonic() + patience
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in passing or time.monotonic() > until:
                raise
            time.sleep(0.2)


def reader(settings: Settings) -> Consumer:
    """A consumer that belongs to no group and commits nothing."""
    config: dict[str, Any] = {
        "bootstrap.servers": address(settings),
        "group.id": "tapeline-reader",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": False,
        "fetch.wait.max.ms": 50,
        "fetch.message.max.bytes": 32 << 20,
        **settings.librdkafka,
    }
    return Consumer(config, logger=QUIET)


def partitions(consumer: Consumer, topic: str) -> list[int]:
    """The partition numbers of a physical topic; raises KafkaException when it is missing."""
    found = consumer.list_topics(topic, timeout=TIMEOUT).topics[topic]
    if found.error:
        raise KafkaException(found.error)
    return sorted(found.partitions)


def ends(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    """First and next offset of each partition of a physical topic."""
    return {
        number: _marks(consumer, TopicPartition(topic, number))
        for number in partitions(consumer, topic)
    }


def _marks(consumer: Consumer, place: TopicPartition) -> tuple[int, int]:
    """First and next offset; a partition that was just created has no leader for a moment."""

    def ask() -> tuple[int, int]:
        return consumer.get_watermark_offsets(place, timeout=TIMEOUT)

    return patiently(ask, TIMEOUT, PASSING)


def read_all(settings: Settings, topic: str) -> Iterator[Message]:
    """Every message of a logical topic that is there now, in order within each partition."""
    consumer = reader(settings)
    try:
        name = settings.physical(topic)
        yield from _read(consumer, name, ends(consumer, name))
    finally:
        consumer.close()


def read_key(settings: Settings, topic: str, key: str) -> Iterator[Message]:
    """Every message of the partition of a logical topic that a key is on, other keys' too."""
    consumer = reader(settings)
    try:
        name, number = settings.physical(topic), partition_of(topic, key)
        marks = _marks(consumer, TopicPartition(name, number))
        yield from _read(consumer, name, {number: marks})
    finally:
        consumer.close()


def read_partition(
    settings: Settings, topic: str, number: int, first: int = 0
) -> Iterator[Message]:
    """Every message of one partition of a logical topic that is there now, from an offset on."""
    consumer = reader(settings)
    try:
        name = settings.physical(topic)
        low, end = _marks(consumer, TopicPartition(name, number))
        yield from _read(consumer, name, {number: (max(low, first), end)})
    finally:
        consumer.close()


def between(consumer: Consumer, topic: str, number: int, first: int, end: int) -> Iterator[Message]:
    """The messages of one partition of a physical topic from offset `first` up to before `end`."""
    return _read(consumer, topic, {number: (first, end)})


def span(settings: Settings, topic: str, marks: dict[int, tuple[int, int]]) -> Iterator[Message]:
    """The messages of a logical topic, in each partition from an offset up to before another.

    Where the broker no longer has the first of them, from the first that it has.
    """
    consumer = reader(settings)
    try:
        yield from _read(consumer, settings.physical(topic), marks)
    finally:
        consumer.close()


def from_end(settings: Settings, topic: str, number: int) -> Iterator[list[Message]]:
    """The messages of one partition of a logical topic that are there now, the latest first: in
    windows that grow, each in order.
    """
    consumer, name = reader(settings), settings.physical(topic)
    try:
        first, end = ends(consumer, name)[number]
        window = 200
        while end > first:
            start = max(first, end - window)
            yield list(between(consumer, name, number, start, end))
            end, window = start, window * 4
    finally:
        consumer.close()


def latest(settings: Settings, topic: str, keys: Iterable[str]) -> dict[str, Message]:
    """The last message of each of these keys on a logical topic; keys without one are left out.

    Looks back from the end in windows that grow, so the cost does not grow with history.
    """
    found: dict[str, Message] = {}
    consumer, name = reader(settings), settings.physical(topic)
    wanted: dict[int, set[bytes]] = {}
    for key in keys:
        wanted.setdefault(partition_of(topic, key), set()).add(key.encode())
    try:
        for number, missing in wanted.items():
            first, end = ends(consumer, name)[number]
            _look_back(consumer, TopicPartition(name, number, end), first, missing, found)
    finally:
        consumer.close()
    return found


def _look_back(
    consumer: Consumer,
    place: TopicPartition,
    first: int,
    missing: set[bytes],
    found: dict[str, Message],
) -> None:
    window, end = 200, place.offset
    while missing and end > first:
        start = max(first, end - window)
        marks = {place.partition: (start, end)}
        seen = {
            bytes(message.key() or b""): message for message in _read(consumer, place.topic, marks)
        }
        for key in missing & seen.keys():
            found[key.decode()] = seen[key]
        missing -= seen.keys()
        end, window = start, window * 4


def _read(consumer: Consumer, topic: str, marks: dict[int, tuple[int, int]]) -> Iterator[Message]:
    left = {number: end for number, (start, end) in marks.items() if start < end}
    places = [TopicPartition(topic, number, marks[number][0]) for number in left]
    consumer.assign(places)
    consumer.resume(places)  # a pause outlives the assignment that it was made in
    heard = time.monotonic()
    while left:
        for message in consumer.consume(1000, 0.2):
            if (error := message.error()) is not None:
                raise KafkaException(error)
            number, offset = message.partition(), message.offset()
            if number is not None and offset is not None and offset < left.get(number, 0):
                yield message
            heard = time.monotonic()  # a slow reader of ours is no silence of the broker's
        _finished(consumer, topic, left)
        if time.monotonic() - heard > TIMEOUT:
            raise TimeoutError(f"{topic}: no answer from the broker for {TIMEOUT:.0f} s")


def _finished(consumer: Consumer, topic: str, left: dict[int, int]) -> None:
    """Drop the partitions whose position reached their end (offsets may have holes).

    The last one is given back, not paused: a pause that comes late can hold the next reading up.
    """
    at = consumer.position([TopicPartition(topic, number) for number in left])
    for place in at:
        if place.offset >= left[place.partition]:
            del left[place.partition]
            if left:
                consumer.pause([TopicPartition(topic, place.partition)])
    if not left:
        consumer.unassign()
