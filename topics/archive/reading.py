"""An archive as a reader sees it: each record once, in the order of its partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from operator import attrgetter
from pathlib import Path

from schemas.errors import TapelineError
from topics.archive.files import DamagedFile, read
from topics.archive.layout import File, folder_of, key_of, one_an_order, parsed
from topics.archive.row import IMPORTED, Row

OFFSET = attrgetter("offset")

Pair = tuple[bytes, bytes]


class NoArchive(TapelineError):
    """A folder that is no archive, or has nothing of what was asked for."""


class Archive:
    """The topics of one run in a folder.

    prefix: that of the run's topics. Cost of a read: the files of the keys that are asked for,
    once; memory: a row group of each key that is read side by side.
    """

    def __init__(self, root: Path, prefix: str = "") -> None:
        self.root, self.prefix = root, prefix
        if not root.is_dir():
            raise NoArchive(
                f"there is no archive {root}: name the folder that agents.archive fills"
            )

    def topics(self) -> list[str]:
        """Physical names of all topics that are there, of every run."""
        return sorted(path.name for path in self.root.iterdir() if _is_folder(path))

    def files(self, topic: str, folder: str | None = None) -> list[File]:
        """The files of a physical topic, or of one key's folder, in no order."""
        place = self.root / topic
        found = (
            parsed(path, topic)
            for date in (place.iterdir() if place.is_dir() else ())
            for path in (_within(date / folder) if folder is not None else _below(date))
        )
        return [file for file in found if file is not None]

    def keys(self, logical: str) -> list[bytes]:
        """The keys of a logical topic, in order."""
        topic = self.prefix + logical
        if one_an_order(logical):
            return sorted({row.key for row in self.rows(logical)})
        folders = {file.shelf.folder: file for file in self.files(topic)}
        known = {folder: key_of(logical, folder) for folder in folders}
        return sorted(
            next(read(folders[folder])).key if key is None else key for folder, key in known.items()
        )

    def of(self, logical: str, key: bytes) -> Iterator[Row]:
        """The rows of one key."""
        files = self.files(self.prefix + logical, folder_of(logical, key))
        return _lanes(logical, files, key.__eq__)

    def rows(
        self, logical: str, wanted: Callable[[bytes], bool] = lambda key: True
    ) -> Iterator[Row]:
        """The rows of all keys that are wanted, as they lie on their partitions, one partition
        after the other.
        """
        files = [
            file for file in self.files(self.prefix + logical)
            if (key := key_of(logical, file.shelf.folder)) is None or wanted(key)
        ]  # fmt: skip
        return _lanes(logical, files, wanted)

    def pairs(self, logical: str, key: bytes) -> Iterator[Pair]:
        """Keys and values of the rows of one key, as of messages."""
        return ((row.key, row.value or b"") for row in self.of(logical, key))

    def all_pairs(
        self, logical: str, wanted: Callable[[bytes], bool] = lambda key: True
    ) -> Iterator[Pair]:
        """Keys and values of `rows`."""
        return ((row.key, row.value or b"") for row in self.rows(logical, wanted))


def _lanes(logical: str, files: list[File], wanted: Callable[[bytes], bool]) -> Iterator[Row]:
    lanes: dict[int, list[File]] = {}
    places: dict[str, int] = {}
    for file in files:
        shelf = file.shelf
        first = places.setdefault(shelf.folder, shelf.partition)
        if first != shelf.partition and not one_an_order(logical):
            raise _disordered(file, first)
        lanes.setdefault(shelf.partition, []).append(file)
    for number in sorted(lanes):
        yield from (row for row in in_order(lanes[number]) if wanted(row.key))


def _disordered(file: File, other: int) -> DamagedFile:
    imported = IMPORTED in (file.shelf.partition, other)
    also = "from files and from Kafka" if imported else "from several partitions of Kafka"
    where = f"{file.shelf.topic} {file.shelf.folder}"
    return DamagedFile(f"{where} came {also}, in no order: give each run a folder of its own")


def in_order(files: Iterable[File]) -> Iterator[Row]:
    """The rows of files of one partition by offset, what is in several of them once.

    Files whose offsets do not overlap are read one after the other, the others side by side.
    """
    for group in overlapping(files):
        yield from _merged(group)


def overlapping(files: Iterable[File]) -> Iterator[list[File]]:
    """Files of one partition in the order of their offsets, those together that overlap."""
    group: list[File] = []
    last = -1
    for file in sorted(files, key=lambda file: (file.first, file.path)):
        if group and file.first > last:
            yield group
            group = []
        group.append(file)
        last = max(last, file.last)
    if group:
        yield group


def _merged(group: list[File]) -> Iterator[Row]:
    before: Row | None = None
    for row in merge(*map(read, group), key=OFFSET):
        if before is None or row.offset != before.offset:
            yield row
        elif (row.key, row.value) != (before.key, before.value):
            raise DamagedFile(
                f"{group[0].path.parent}: two different records of partition {row.partition} "
                f"offset {row.offset}: two clusters wrote here; give each a folder of its own"
            )
        before = row


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _within(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.iterdir()) if folder.is_dir() else ()


def _below(date: Path) -> Iterator[Path]:
    for folder in _within(date):
        yield from _within(folder)
