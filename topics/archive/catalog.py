"""What an archive holds: spans, records, gaps and bytes of each topic and key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from topics import BY_NAME
from topics.archive.files import REMEDY, SCHEMA, DamagedFile, batches
from topics.archive.layout import CUT, File, key_of, one_an_order
from topics.archive.reading import Archive, overlapping
from topics.archive.spans import Span, between, joined, spans_of

HEADS = ("partition", "offset", "seq", "event_time", "seen_time")


@dataclass
class Entry:
    """One key of one topic (physical name); key None: all keys of a topic of one an order.

    records: each once; doubles: rows that are in several files. first, last and gaps are of the
    sequence, None and empty where nothing is numbered. Times in ns. damaged: what cannot be read.
    """

    topic: str
    key: str | None
    files: int = 0
    bytes: int = 0
    records: int = 0
    doubles: int = 0
    event_time: Span | None = None
    seen_time: Span | None = None
    sequences: list[Span] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def gaps(self) -> list[Span]:
        """Sequences that are missing between those that are there."""
        return between(self.sequences)


def entries(archive: Archive, values: bool = True) -> Iterator[Entry]:
    """One for each key of each topic of every run. values: the values are read too, so that what is
    damaged in them is found; else only what stands beside them.

    Cost: each file is read once; memory: the numbers of files whose offsets overlap.
    """
    for topic in archive.topics():
        yield from entries_of(archive, topic, values)


def entries_of(archive: Archive, topic: str, values: bool = True) -> Iterator[Entry]:
    """The same of one topic (physical name)."""
    files = sorted(archive.files(topic), key=lambda file: file.shelf.folder)
    for folder, mine in groupby(files, key=lambda file: file.shelf.folder):
        yield _entry(topic, folder, [*mine], values)


def logical_of(topic: str) -> str:
    """The logical name of a physical topic of any prefix; the name itself where it is none."""
    found = [name for name in BY_NAME if topic.endswith(name)]
    return max(found, key=len, default=topic)


def _entry(topic: str, folder: str, files: list[File], values: bool) -> Entry:
    logical = logical_of(topic)
    shared = one_an_order(logical)
    entry = Entry(topic, None if shared else _named(logical, folder))
    numbered = not shared and logical in BY_NAME and BY_NAME[logical].writer != "all"
    for number in sorted({file.shelf.partition for file in files}):
        for group in overlapping(file for file in files if file.shelf.partition == number):
            _count(entry, group, values, numbered)
    return entry


def _named(logical: str, folder: str) -> str:
    key = key_of(logical, folder)
    return (
        folder.partition(CUT)[0] + "..." if key is None else key.decode(errors="backslashreplace")
    )


def _count(entry: Entry, group: list[File], values: bool, numbered: bool) -> None:
    """Add files whose offsets overlap."""
    offsets: list[Any] = []
    for file in group:
        entry.files += 1
        try:
            entry.bytes += file.path.stat().st_size
            heads = _heads(file, values)
        except (DamagedFile, OSError) as damaged:
            entry.damaged.append(str(damaged))
            continue
        offsets.append(heads["offset"])
        entry.event_time = _wider(entry.event_time, heads["event_time"])
        entry.seen_time = _wider(entry.seen_time, heads["seen_time"])
        if numbered:
            counted = heads["seq"][heads["seq"] >= 0]
            entry.sequences = joined([*entry.sequences, *spans_of(counted)])
    rows = sum(map(len, offsets))
    records = len(np.unique(np.concatenate(offsets))) if len(offsets) > 1 else rows
    entry.records += records
    entry.doubles += rows - records


def _heads(file: File, values: bool) -> dict[str, Any]:
    """Columns of a file as arrays, without what is not there; DamagedFile."""
    found: dict[str, list[Any]] = {name: [] for name in HEADS}
    for batch in batches(file.path, SCHEMA.names if values else HEADS):
        for name in HEADS:
            found[name].append(batch.column(name).drop_null().to_numpy(zero_copy_only=False))
    heads = {
        name: np.concatenate(parts) if parts else np.empty(0, np.int64)
        for name, parts in found.items()
    }
    _check(file, heads["partition"], heads["offset"])
    return heads


def _check(file: File, partitions: Any, offsets: Any) -> None:
    """Raise DamagedFile where the rows are not those that the file's name says."""
    whole = len(offsets) and (offsets[0], offsets[-1]) == (file.first, file.last)
    if not whole or (np.diff(offsets) <= 0).any() or (partitions != file.shelf.partition).any():
        raise DamagedFile(f"{file.path}: its rows are not those of its name; {REMEDY}")


def _wider(span: Span | None, times: Any) -> Span | None:
    """A span with these times in it; 0 is how a record says that it has none."""
    times = times[times > 0]
    if not len(times):
        return span
    first, last = int(times.min()), int(times.max())
    return (first, last) if span is None else (min(span[0], first), max(span[1], last))
