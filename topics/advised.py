"""What is on ai.advice: the records of the last hour, and the newest of a market."""

from __future__ import annotations

import time
from collections.abc import Iterator

from confluent_kafka import TopicPartition

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
    since = int((time.time() - seconds) * 1000)
    try:
        marks = ends(consumer, name)
        asked = [TopicPartition(name, number, since) for number in marks]
        found: list[tuple[int, bytes | None]] = []
        for place in consumer.offsets_for_times(asked, timeout=TIMEOUT):
            end = marks[place.partition][1]
            if 0 <= place.offset < end:
                rows = between(consumer, name, place.partition, place.offset, end)
                found += ((message.timestamp()[1] * 1_000_000, message.value()) for message in rows)
        return list(_read(found)), {number: end for number, (_, end) in marks.items()}
    finally:
        consumer.close()


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
