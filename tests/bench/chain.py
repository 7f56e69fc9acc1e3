"""What a finished run has left on its topics: events, latencies and the time that it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from schemas import names
from topics.reading import read_all
from topics.settings import Settings


@dataclass(frozen=True)
class Chain:
    """Times are those of the producers (Kafka's create time), in ms of wall time.

    events: trades, quotes and depth updates on market.ticks. delays: ms from the record on
    market.raw to the signal that it caused, by cause and id. began: first record of market.raw.
    offered: ms from its first to its last record.
    """

    events: int
    delays: list[int]
    began: int
    offered: int


def chain(settings: Settings) -> Chain:
    """Follow every signal back to its raw record."""
    raw = {one["id"]: at for at, one in _read(settings, names.RAW)}
    of_ticks: dict[str, int] = {}
    events = 0
    for _, one in _read(settings, names.TICKS):
        of_ticks[one["id"]] = raw[one["cause"]]
        events += sum(len(one[group]["index"]) for group in ("trades", "quotes", "books"))
    delays = [at - of_ticks[one["cause"]] for at, one in _read(settings, names.SIGNALS)]
    return Chain(events, delays, min(raw.values()), max(raw.values()) - min(raw.values()))


def ended(settings: Settings, topic: str) -> int:
    """When the last record of a topic was produced, ms."""
    return max(at for at, _ in _read(settings, topic))


def percentile(values: Sequence[float], share: float) -> float:
    """The value at that share of all: the nearest rank, or one above where that is exact."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _read(settings: Settings, topic: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for message in read_all(settings, topic):
        yield message.timestamp()[1], orjson.loads(bytes(message.value() or b"{}"))
