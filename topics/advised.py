"""What is on ai.advice: the records of the last hour, and the newest of a market."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from confluent_kafka import Consumer, TopicPartition

from schemas import names
from schemas.advice import Advice
from schemas.codec import decode
from schemas.errors import Poison
from topics.reading import TIMEOUT, between, ends, latest, reader
from topics.settings import Settings

Ends = dict[int, int]
"""The next offset of each partition."""


def recent(settings: Settings, seconds: float) -> tuple[list[tuple[int, Advice]], Ends]:
    """The records of so many seconds, each with when it was written (ns since 1970), and up to
    where that was read. Blocks.
    """
    consumer, name = reader(settings), settings.physical(names.ADVICE)
    try:
        marks = ends(consumer, name)
        found: list[tuple[int, bytes | None]] = []
        for number, first in since(consumer, name, marks, seconds).items():
            end = marks[number][1]
            if first is not None and first < end:
                rows = between(consumer, name, number, first, end)
                found += ((message.timestamp()[1] * 1_000_000, message.value()) for message in rows)
        return list(_read(found)), {number: end for number, (_, end) in marks.items()}
    finally:
        consumer.close()


def since(
    consumer: Consumer, topic: str, numbers: Iterable[int], seconds: float
) -> dict[int, int | None]:
    """By partition the offset of the first record of the last so many seconds, by the records' own
    times; None where there is none. Blocks.
    """
    at = int((time.time() - seconds) * 1000)
    asked = [TopicPartition(topic, number, at) for number in numbers]
    found = consumer.offsets_for_times(asked, timeout=TIMEOUT)
    return {row.partition: row.offset if row.offset >= 0 else None for row in found}


def _read(rows: list[tuple[int, bytes | None]]) -> Iterator[tuple[int, Advice]]:
    for at, value in rows:
        try:
            yield at, decode(Advice, value)
        except Poison:
            continue  # not ours


def newest(settings: Settings, key: str) -> Advice | None:
    """The last record of a market, None where there is none. Blocks."""
    found = latest(settings, names.ADVICE, [key]).get(key)
    return None if found is None else decode(Advice, bytes(found.value() or b""))
