"""Where a record is filed, and what a file's name says. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from topics import BY_NAME
from topics.archive.row import Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SHARED = "all"
"""The folder of all keys of a topic that has one key an order: no file for each of them."""

LONGEST = 200
"""Characters of a folder's name; file systems take 255 bytes."""

CUT = "%~"
"""Ends the beginning of a key that is too long for a folder's name; a digest follows. No quoted
key holds it."""

NAME = re.compile(r"(-1|\d{3,})-(\d{20})-(\d{20})-([0-9a-f]{16})\.parquet").fullmatch
DATE = re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch
PARTIAL = ".partial"
"""How the name of a file ends that is being written, or that a crash has left behind."""


class Shelf(NamedTuple):
    """The rows of one topic (physical name), date, folder and partition: what is filed together."""

    topic: str
    date: str
    folder: str
    partition: int


class File(NamedTuple):
    """A file by its name: its rows' offsets are from `first` to `last`."""

    path: Path
    shelf: Shelf
    first: int
    last: int


def shelf_of(topic: str, logical: str, row: Row) -> Shelf:
    """Where a row of a physical topic is filed. The date is that of its seen_time; without one,
    that of Kafka's timestamp.
    """
    nanoseconds = row.seen_time if (row.seen_time or 0) > 0 else row.timestamp * 1_000_000
    return Shelf(topic, date_of(nanoseconds or 0), folder_of(logical, row.key), row.partition)


def date_of(nanoseconds: int) -> str:
    """The UTC date of a time in ns since 1970, as YYYY-MM-DD; what is before it counts as of it."""
    days = min(max(nanoseconds, 0) // 86_400_000_000_000, 2_900_000)
    return (EPOCH + timedelta(days=days)).strftime("%Y-%m-%d")


def folder_of(logical: str, key: bytes) -> str:
    """The folder of a key of a logical topic; one of its own unless each order has a key."""
    if one_an_order(logical):
        return SHARED
    name = quote(key, safe="").replace(".", "%2E") or "%"
    if len(name) <= LONGEST:
        return name
    return f"{name[:LONGEST]}{CUT}{blake2b(key, digest_size=8).hexdigest()}"


def one_an_order(logical: str) -> bool:
    """Whether a topic has a key for each order."""
    return logical in BY_NAME and BY_NAME[logical].key == "client order id"


def key_of(logical: str, folder: str) -> bytes | None:
    """The key that a folder is of; None where only its rows say it."""
    if one_an_order(logical) or CUT in folder:
        return None
    return b"" if folder == "%" else unquote_to_bytes(folder)


def name_of(partition: int, first: int, last: int, digest: str) -> str:
    """The name of a file with rows of these offsets."""
    number = f"{partition:03}" if partition >= 0 else str(partition)
    return f"{number}-{first:020}-{last:020}-{digest}.parquet"


def parsed(path: Path, topic: str) -> File | None:
    """What a file's place and name say; None for what is no file of the archive."""
    found = NAME(path.name)
    if found is None or DATE(path.parent.parent.name) is None:
        return None
    shelf = Shelf(topic, path.parent.parent.name, path.parent.name, int(found[1]))
    return File(path, shelf, int(found[2]), int(found[3]))
