"""Snapshots on state.snapshots: written with the input positions they cover, read at a restart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from schemas import names
from schemas.codec import decode
from schemas.system import Snapshot
from topics.reading import read_all
from topics.settings import Settings

POSITIONS = "positions"
"""Header that holds, as JSON, what `Covered` says: [[topic, partition, next offset, company]]."""

Headers = Mapping[str, Any] | Iterable[tuple[str, Any]] | None

Place = tuple[str, int]
"""A physical topic and a partition of it."""


class Covered(NamedTuple):
    """What a snapshot covers of one partition: the next offset to read, and how many cells lived
    on that partition when it was captured. Where fewer have a snapshot, one of them was never
    written (the worker was killed in the middle of it), and no offset can be trusted.
    """

    offset: int
    company: int


@dataclass(frozen=True)
class Saved:
    """A snapshot and the positions it covers."""

    snapshot: Snapshot
    covered: dict[Place, Covered]


def covered_header(covered: Mapping[Place, Covered]) -> list[tuple[str, bytes]]:
    """The Kafka header that says which input a snapshot covers."""
    rows = orjson.dumps([[*place, *at] for place, at in sorted(covered.items())])
    return [(POSITIONS, rows)]


def covered_of(headers: Headers) -> dict[Place, Covered]:
    """What `covered_header` wrote; nothing where there is no such header."""
    rows = orjson.loads(dict(headers or []).get(POSITIONS) or b"[]")
    return {(topic, number): Covered(offset, company) for topic, number, offset, company in rows}


def start_of(place: Place, saved: Iterable[Saved]) -> int | None:
    """Where to read a partition from for these cells; None for its beginning (offset 0)."""
    here = [one.covered[place] for one in saved if place in one.covered]
    if not here or len(here) < max(at.company for at in here):
        return None
    return min(at.offset for at in here) or None


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
        if POSITIONS not in headers:
            continue  # not ours
        yield bytes(key).decode(), Saved(decode(Snapshot, bytes(value)), covered_of(headers))
