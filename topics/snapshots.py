"""Snapshots on state.snapshots: written with the input positions they cover, read at a restart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from schemas import names
from schemas.codec import decode
from schemas.system import Snapshot
from topics.reading import read_all
from topics.settings import Settings

POSITIONS = "positions"
"""Header that holds, as JSON, the next offset to read of each input: [[topic, partition, n]]."""

Place = tuple[str, int]
"""A physical topic and a partition of it."""


@dataclass(frozen=True)
class Saved:
    """A snapshot, the positions it covers and the wall time in ms at which it was written."""

    snapshot: Snapshot
    positions: dict[Place, int]
    written: int


def positions_header(positions: Mapping[Place, int]) -> list[tuple[str, bytes]]:
    """The Kafka headers that say which input a snapshot covers."""
    rows = [[topic, number, at] for (topic, number), at in sorted(positions.items())]
    return [(POSITIONS, orjson.dumps(rows))]


def load(settings: Settings, stage: str) -> list[Saved]:
    """The latest snapshot of every cell of a stage. Blocks; reads the whole compacted topic."""
    latest: dict[str, Saved] = {}
    for key, saved in _read(settings, stage):
        latest[key] = saved
    return list(latest.values())


def _read(settings: Settings, stage: str) -> Iterator[tuple[str, Saved]]:
    mine = f"{stage}:".encode()
    for message in read_all(settings, names.SNAPSHOTS):
        key, value = message.key(), message.value()
        if key is None or value is None or not bytes(key).startswith(mine):
            continue
        headers = dict(message.headers() or [])
        rows = orjson.loads(headers.get(POSITIONS) or b"[]")
        positions = {(str(topic), int(number)): int(at) for topic, number, at in rows}
        snapshot = decode(Snapshot, bytes(value))
        yield bytes(key).decode(), Saved(snapshot, positions, message.timestamp()[1])
