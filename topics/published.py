"""What a stage has already published: the script that it does again after a crash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from confluent_kafka import Message

from schemas.codec import decode
from schemas.errors import Poison
from schemas.record import Record
from topics import BY_NAME
from topics.partition import partition_of
from topics.reading import from_end
from topics.settings import Settings
from topics.snapshots import Saved


def published(
    settings: Settings, topic: str, cells: Sequence[str], saved: Iterable[Saved]
) -> dict[str, list[Record]]:
    """The records of each cell on a topic since its snapshot (or before), in their order. Blocks.

    What was published twice is given once, at its first place. No clock is asked: a cell's records
    are on one partition in the order of their making (its name is the part of the key that chooses
    the partition), so looking back from the end, the first one that the snapshot has made ends the
    search.
    """
    made = {one.snapshot.cell: one.snapshot.made.get(topic, {}) for one in saved}
    return {cell: _script(settings, topic, cell, made.get(cell, {})) for cell in cells}


def _script(settings: Settings, topic: str, cell: str, made: Mapping[str, int]) -> list[Record]:
    script: list[Record] = []
    last: dict[str, int] = {}
    for record in _since(settings, topic, cell, made):
        if record.seq > last.get(record.key, -1):
            last[record.key] = record.seq
            script.append(record)
    return script


def _since(settings: Settings, topic: str, cell: str, made: Mapping[str, int]) -> list[Record]:
    """The cell's records back to one that was made before the snapshot, or to the first."""
    found: list[Record] = []
    part_of = BY_NAME[topic].by
    for window in from_end(settings, topic, partition_of(topic, cell)):
        mine = [record for record in _readable(topic, window) if part_of(record.key) == cell]
        found = mine + found
        if any(record.seq <= made.get(record.key, -1) for record in mine):
            break
    return found


def _readable(topic: str, window: Iterable[Message]) -> Iterator[Record]:
    for message in window:
        try:
            yield decode(BY_NAME[topic].record, bytes(message.value() or b""))
        except Poison:
            continue  # not ours: what this stage publishes can be read
