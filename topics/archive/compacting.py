"""Small files merged into larger ones; a kill at any moment loses nothing.

A new file is on the disk under its name, and has been read back, before those that it is made of
are removed. In between, and after a kill there, records are in two files: readers see them once.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from pathlib import Path

from schemas.errors import TapelineError
from topics.archive.files import DamagedFile, read, written
from topics.archive.layout import PARTIAL, File, parsed
from topics.archive.reading import Archive, in_order, overlapping

SMALL = 64 << 20
"""Bytes of files that are merged, and about those of what is made of them."""

OLD = 3600.0
"""Seconds after which an unfinished file is nobody's any more."""

LOCK = ".compacting"


class Busy(TapelineError):
    """Somebody else merges this archive's files."""


@dataclass
class Compacted:
    """How many files have become how many; what could not be merged, and why."""

    before: int = 0
    after: int = 0
    removed: int = 0
    damaged: list[str] | None = None


def compact(
    archive: Archive, tell: Callable[[str], None] = lambda _: None, small: int = SMALL
) -> Compacted:
    """Merge the small files of each topic, date, key and partition, of all runs; remove what a
    crash has left unfinished. A damaged file stays as it is, and so do those beside it.

    Raises Busy, OSError. Memory: a row group of each file that overlaps with another.
    """
    found = Compacted(damaged=[])
    with _alone(archive.root):
        for topic in archive.topics():
            files = sorted(archive.files(topic), key=lambda file: file.shelf)
            for shelf, mine in groupby(files, key=lambda file: file.shelf):
                tell(f"{topic} {shelf.date} ...")
                for group in merged_groups([*mine], small):
                    _try(archive.root, group, found)
        found.removed = _swept(archive.root)
    return found


def merged_groups(files: list[File], small: int) -> Iterator[list[File]]:
    """Files of one shelf, in groups to be made one of each: neighbours that are small together, and
    all that overlap.
    """
    group: list[File] = []
    size = 0
    for together in overlapping(files):
        more = sum(file.path.stat().st_size for file in together)
        if group and size + more > small:
            yield from [group] if len(group) > 1 else []
            group, size = [], 0
        group, size = group + together, size + more
    yield from [group] if len(group) > 1 else []


def _try(root: Path, group: list[File], found: Compacted) -> None:
    assert found.damaged is not None
    try:
        _merge(root, group)
    except DamagedFile as damaged:
        found.damaged.append(str(damaged))
        return
    found.before += len(group)
    found.after += 1


def _merge(root: Path, group: list[File]) -> None:
    """Make one file of several, look at it, remove them."""
    names = "|".join(sorted(file.path.name for file in group))
    digest = blake2b(names.encode(), digest_size=8).hexdigest()
    first, last = min(file.first for file in group), max(file.last for file in group)
    shelf = group[0].shelf
    path = written(root, shelf, in_order(group), first, last, digest)
    made = parsed(path, shelf.topic)
    assert made is not None
    if any(one != other for one, other in zip(read(made), in_order(group), strict=True)):
        raise DamagedFile(f"{path}: it is not what it was made of; the others are kept")
    for file in group:
        file.path.unlink(missing_ok=True)


def _swept(root: Path) -> int:
    """Remove unfinished files that are old."""
    before, count = time.time() - OLD, 0
    for path in root.rglob(f".*{PARTIAL}"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            count += 1
    return count


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with (root / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{root} is being merged by another process: wait for its end") from None
        yield
