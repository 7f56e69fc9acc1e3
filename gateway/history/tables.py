"""A table in a file, as rows of text: CSV (plain, gzip, or alone in a zip) or Parquet."""

from __future__ import annotations

import csv
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from schemas.errors import TapelineError

BANNERS = 10
"""Lines that may stand before the header."""

NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*").fullmatch

Cells = list[str]


class BadTable(TapelineError):
    """A table that cannot be used, with the line at which that shows."""


class Table(NamedTuple):
    """columns: names in lower case, their words joined by `_`; () where the file names none.

    first: the number of the first row's line. banner: lines before the header.
    """

    path: Path
    columns: tuple[str, ...]
    first: int
    banner: int

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Each row with the number of its line; BadTable for one of another length."""
        width = len(self.columns)
        with opened(self.path) as cells:
            for line, row in enumerate(cells, 1):
                if line < self.first or not any(row):
                    continue
                if width and len(row) != width:
                    raise BadTable(
                        f"{self.path} line {line}: {len(row)} cells under {width} columns; mend it"
                    )
                yield line, row

    def place(self, *names: str) -> int | None:
        """Where the first of these columns is, None where none of them is."""
        return next((self.columns.index(name) for name in names if name in self.columns), None)

    def needed(self, what: str, *names: str) -> int:
        """As `place`; BadTable where there is none."""
        if (at := self.place(*names)) is None:
            there = ", ".join(self.columns)
            raise BadTable(f"{self.path}: no column of {what} ({', '.join(names)}) among {there}")
        return at


def table(path: Path, telling: Iterable[frozenset[str]]) -> Table:
    """The table of a file. telling: sets of columns; a line that has all of one is the header.

    A file that begins with a row of numbers has no header. BadTable for one of neither kind.
    """
    wanted = [*telling]
    with opened(path) as cells:
        for line, row in enumerate(islice(cells, BANNERS), 1):
            names = tuple(_name(cell) for cell in row)
            if any(each <= {*names} for each in wanted):
                return Table(path, names, line + 1, line - 1)
            if len(row) > 3 and NUMBER(row[0]) and NUMBER(row[1]):
                return Table(path, (), line, line - 1)
    told = " or ".join(", ".join(sorted(each)) for each in wanted)
    raise BadTable(f"{path}: its first {BANNERS} lines name no columns {told}")


def _name(cell: str) -> str:
    """`Volume BTC`, `volumeBtc` and `volume_btc` are one name."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cell.strip().strip("\ufeff\"'"))
    return re.sub(r"[\s_]+", "_", spaced).lower()


@contextmanager
def opened(path: Path) -> Iterator[Iterator[Cells]]:
    """All lines of a table as cells of text; raises BadTable for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        if magic == b"PAR1":
            yield _parquet(path)
            return
        with _text(path, magic) as text:
            yield csv.reader(text)
    except (
        OSError,
        EOFError,
        zlib.error,
        zipfile.BadZipFile,
        UnicodeDecodeError,
        csv.Error,
    ) as bad:
        why = bad.strerror if isinstance(bad, OSError) and bad.strerror else str(bad)
        raise BadTable(f"{path}: {why}; is it a whole CSV or Parquet file?") from bad


@contextmanager
def _text(path: Path, magic: bytes) -> Iterator[TextIO]:
    if magic[:2] == b"\x1f\x8b":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as packed:
            yield packed
    elif magic == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            if len(names := archive.namelist()) != 1:
                raise BadTable(
                    f"{path}: {len(names)} files are in it; unpack the one that is meant"
                )
            with archive.open(names[0]) as inner:
                yield TextIOWrapper(inner, encoding="utf-8", newline="")
    else:
        with path.open(encoding="utf-8", newline="") as plain:
            yield plain


def _parquet(path: Path) -> Iterator[Cells]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield file.schema_arrow.names
            for batch in file.iter_batches(10_000):
                columns = [_plain(column) for column in batch.columns]
                yield from ([_cell(value) for value in row] for row in zip(*columns, strict=True))
    except pa.ArrowException as bad:
        raise BadTable(f"{path}: {' '.join(str(bad).split())[:200]}") from bad


def _plain(column: Any) -> list[Any]:
    """Values of a column; times as ns."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return list(column.cast(pa.timestamp("ns")).cast(pa.int64()).to_pylist())
    return list(column.to_pylist())


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f") if value == value else "nan"
    return "" if value is None else str(value)
