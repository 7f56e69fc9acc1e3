"""Parquet files of rows: written whole or not at all, read as a stream, damage named."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import TapelineError
from topics.archive.layout import PARTIAL, File, Shelf, name_of
from topics.archive.row import Row

SCHEMA = pa.schema([
    pa.field("partition", pa.int32(), nullable=False),
    pa.field("offset", pa.int64(), nullable=False),
    pa.field("timestamp", pa.int64(), nullable=False),
    pa.field("key", pa.binary(), nullable=False),
    pa.field("value", pa.binary()),
    pa.field("seq", pa.int64()),
    pa.field("event_time", pa.int64()),
    pa.field("seen_time", pa.int64()),
])  # fmt: skip
"""timestamp in ms, as Kafka has it; the other times in ns."""

DELTAS = dict.fromkeys(("offset", "timestamp", "seq", "event_time", "seen_time"))
OPTIONS: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 6,
    "use_dictionary": ["key"],
    "column_encoding": {name: "DELTA_BINARY_PACKED" for name in DELTAS},
    "write_page_checksum": True,
}

GROUP = 8 << 20
"""Bytes of rows of one row group: what a reader has in memory of a file."""

BATCH = 500
"""Rows that a reader unpacks at once."""


class DamagedFile(TapelineError):
    """A file of the archive that cannot be read, or does not hold what its name says."""


def write(root: Path, shelf: Shelf, rows: Sequence[Row]) -> Path:
    """File rows, in the order of their offsets; when this returns they are on the disk.

    Writing the same rows again writes the same file. Raises OSError.
    """
    digest = blake2b(digest_size=8)
    for row in rows:
        digest.update(b"%d|%d|%d|" % (row.offset, len(row.key), len(row.value or b"")))
        digest.update(row.key)
        digest.update(row.value or b"")
    return written(root, shelf, rows, rows[0].offset, rows[-1].offset, digest.hexdigest())


def written(
    root: Path, shelf: Shelf, rows: Iterable[Row], first: int, last: int, digest: str
) -> Path:
    """As `write`, of a stream of rows whose offsets and digest are known."""
    folder = root / shelf.topic / shelf.date / shelf.folder
    made(folder)
    path = folder / name_of(shelf.partition, first, last, digest)
    partial = path.with_name(f".{path.stem}.{os.getpid()}{PARTIAL}")
    try:
        with partial.open("xb") as file:
            with pq.ParquetWriter(file, SCHEMA, **OPTIONS) as writer:
                for group in groups(rows):
                    writer.write_table(_table(group))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync(folder)
    return path


def made(folder: Path) -> None:
    """Make a folder and those above it, on the disk."""
    if not folder.is_dir():
        made(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir()
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in lists of about GROUP bytes."""
    group: list[Row] = []
    size = 0
    for row in rows:
        group.append(row)
        size += row.size
        if size >= GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group


def _table(rows: Sequence[Row]) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [
        pa.array(column, type=field.type) for column, field in zip(columns, SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def read(file: File) -> Iterator[Row]:
    """The rows of a file in order; raises DamagedFile, also where a row is not as its name says."""
    before = file.first - 1
    for row in _rows(file.path):
        if row.offset <= before or row.partition != file.shelf.partition:
            raise DamagedFile(f"{file.path}: a row of another place is in it; {REMEDY}")
        before = row.offset
        yield row
    if before != file.last:
        raise DamagedFile(f"{file.path}: it ends at offset {before}; {REMEDY}")


def _rows(path: Path) -> Iterator[Row]:
    return chain.from_iterable(
        map(Row._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))
        for batch in batches(path, SCHEMA.names)
    )


def batches(path: Path, columns: Sequence[str]) -> Iterator[Any]:
    """These columns of a file as record batches; raises DamagedFile."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if file.schema_arrow.names != SCHEMA.names:
                raise DamagedFile(f"{path}: its columns are others; {REMEDY}")
            yield from file.iter_batches(BATCH, columns=list(columns))
    except FileNotFoundError:
        raise DamagedFile(
            f"{path} is gone: it was merged meanwhile; run the command again"
        ) from None
    except (pa.ArrowException, OSError) as error:
        why = " ".join(str(error).split())[:200]
        raise DamagedFile(f"{path}: {why}; {REMEDY}") from error


REMEDY = "take it from a backup, or archive the topic again into another folder"
