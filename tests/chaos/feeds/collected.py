"""market.raw of a trial, by key: digests instead of frames, and marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from engine.framing import content
from infra.replaying.tape import digest
from schemas import names
from schemas.raw import Cut, RawFrame, Source
from topics.reading import read_all
from topics.settings import Settings


@dataclass(frozen=True, slots=True)
class Collected:
    """A record. digests: of its frames. cut: what it says if it is a mark."""

    seq: int
    id: str
    source: Source
    received: tuple[int, ...]
    digests: tuple[bytes, ...]
    cut: Cut | None = None


def collected(settings: Settings) -> dict[str, list[Collected]]:
    """All records of each key in their order; raises AssertionError where one is missing."""
    found: dict[str, list[Collected]] = {}
    for message in read_all(settings, names.RAW):
        value = orjson.loads(message.value() or b"")
        rows = found.setdefault(value["key"], [])
        assert value["seq"] == len(rows), f"{value['key']}: {value['seq']} after {len(rows)}"
        rows.append(_record(value))
    return found


def _record(value: dict[str, Any]) -> Collected:
    source, frames = Source(value["source"]), value["frames"]
    cut = Cut.model_validate_json(frames[0]) if source is Source.CUT else None
    if value["encoding"] == "base64":
        frames = map(content, frames)
    digests = tuple(digest(each) for each in frames)
    return Collected(value["seq"], value["id"], source, tuple(value["received"]), digests, cut)


def kept(record: RawFrame) -> Collected:
    """The same of a record at hand."""
    return _record({**record.__dict__, "source": record.source.value})


def segments(records: list[Collected]) -> list[list[tuple[Collected, int, bytes]]]:
    """Frames of sockets between marks, those before the first mark first: (record, index, digest).

    Marks of one moment, of connections that end together, stand for an ending each.
    """
    found: list[list[tuple[Collected, int, bytes]]] = [[]]
    for record in records:
        if record.source is Source.CUT:
            found += [[] for _ in record.digests]
        elif record.source is Source.WS:
            found[-1] += [(record, index, each) for index, each in enumerate(record.digests)]
    return found


def marks(records: list[Collected]) -> Iterator[Collected]:
    """The records that are marks."""
    return (record for record in records if record.source is Source.CUT)
