"""Files of candles: CSV, plain or gzip, and Parquet, in any order, with a banner above or not."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import IO, cast

from engine.columns.candles import BadCandles, Candle, Candles
from engine.columns.decimals import numbers
from gateway.terminal.span import EPOCH
from schemas.errors import TapelineError

TIME = ("time", "timestamp", "open_time", "opentime", "date", "datetime", "unix")
PRICES = ("open", "high", "low", "close")
BANNER = 5
"""Lines among which the heading is looked for."""

BROKEN = OSError, EOFError, csv.Error, zlib.error
"""Of files that are not there, or not as their names say."""

HOUR = re.compile(r"(\d{4})-(\d{2})-(\d{2}) (\d{2})-(AM|PM)", re.ASCII).fullmatch
DAY, ANY_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII).fullmatch, "2000-01-01"
PLAIN = re.compile(r"\d+(\.\d+)?", re.ASCII).fullmatch
UNITS = (1, 10**3, 10**6, 10**9)
LEAST = 10**17
"""Digits are in the first unit in which they are after 1973: ns, us, ms or s."""


class NoCandles(TapelineError):
    """A file that holds none, or a row in it that is none."""


def candles(files: Sequence[Path]) -> Candles:
    """Those of files together; NoCandles names the file and the line that is wrong."""
    rows = [row for path in files for row in quick(path) or _rows(path)]
    try:
        return Candles.of(rows)
    except BadCandles as error:
        raise NoCandles(f"{', '.join(path.name for path in files)}: {error}") from None


def quick(path: Path) -> list[Candle] | None:
    """Those of a file, of whole columns: in a third of the time that rows take. None where anything
    is out of the ordinary, or nothing is there: row by row it is told what it is."""
    columns = _parquet_columns if path.suffix == ".parquet" else _csv_columns
    try:
        time, *rest = columns(path)
        found = _times(time), *map(_decimals, rest)
        return [*map(Candle._make, zip(*found, strict=True))]
    except (ValueError, IndexError, ArithmeticError, NoCandles, *BROKEN):
        return None


def _parquet_columns(path: Path) -> Iterable[Sequence[str]]:
    """Of time, prices and volume; ValueError and IndexError where they are not to be had so."""
    heading, *rows = (row for _, row in _parquet(path))
    return zip(*map(itemgetter(*_places(heading)), rows), strict=True)


def _csv_columns(path: Path) -> Iterable[Sequence[str]]:
    """As `_parquet_columns`, of a file without quotes whose rows are equally wide."""
    with _opened(path) as file:
        text = file.read().replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n")
    at = [_is_heading(line.split(",")) for line in lines[:BANNER]].index(True)
    places, rows = _places(lines[at].split(",")), lines[at + 1 :]
    width = rows[0].count(",") + 1
    odd = '"' in text or "\r" in text or max(map(len, lines)) > csv.field_size_limit()
    if odd or max(places) >= width or any(row.count(",") + 1 != width for row in rows):
        raise ValueError("to be read row by row")
    fields = ",".join(rows).split(",")
    return [fields[place::width] for place in places]


def _rows(path: Path) -> Iterator[Candle]:
    """Those of a file, one by one; NoCandles for the first that is none."""
    if not path.is_file():
        raise NoCandles(f"there is no file of candles {path}: name one that exists")
    rows = _read(path)
    heading = next(rows, None)
    if heading is None:
        raise NoCandles(
            f"{path}: no heading with {', '.join(PRICES)} and a time in its first lines"
        )
    try:
        places = _places(heading[1])
    except ValueError as error:
        raise NoCandles(f"{path}: {error}") from None
    for number, row in rows:
        try:
            yield _candle(row, places)
        except (ValueError, IndexError, InvalidOperation):
            raise NoCandles(f"{path}, row {number}, is no candle: {','.join(row)}") from None


def _read(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    return _parquet(path) if path.suffix == ".parquet" else _csv(path)


def _csv(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """The heading and what follows, with line numbers."""
    with _opened(path) as file:
        lines = enumerate(csv.reader(file), 1)
        for number, row in islice(lines, BANNER):
            if _is_heading(row):
                yield number, row
                break
        else:
            return
        yield from ((number, row) for number, row in lines if row)


def _opened(path: Path) -> IO[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    return cast(IO[str], opened(path, "rt", encoding="utf-8", newline=""))


def _parquet(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import read_table

    try:
        table = read_table(path)
    except ArrowInvalid:
        raise NoCandles(f"{path} cannot be read as Parquet") from None
    if _is_heading(table.column_names):
        yield 0, table.column_names
        columns = (map(str, each.to_pylist()) for each in table.columns)
        yield from enumerate(zip(*columns, strict=True), 1)


def _is_heading(row: Sequence[str]) -> bool:
    names = [name.strip().lower() for name in row]
    return all(name in names for name in PRICES) and any(name in names for name in TIME)


def _places(heading: Sequence[str]) -> tuple[int, ...]:
    """Of time, prices and volume: in base where a column says so, as the first one does not
    always."""
    names = [name.strip().lower() for name in heading]
    time = next(names.index(name) for name in TIME if name in names)
    volumes = [place for place, name in enumerate(names) if name.startswith("volume")]
    volumes.sort(key=lambda place: (names[place].endswith(("usd", "usdt", "usdc")), place))
    if not volumes:
        raise ValueError("no column of volume, which tells whether anything was traded")
    return time, *(names.index(name) for name in PRICES), volumes[0]


def _candle(row: Sequence[str], places: Sequence[int]) -> Candle:
    time, *numbers = (row[place] for place in places)
    return Candle(_nanoseconds(time.strip()), *map(_decimal, numbers))


def _decimals(texts: Sequence[str]) -> Sequence[str]:
    """As `_decimal` gives each."""
    return texts if numbers(texts) else [*map(_decimal, texts)]


def _decimal(text: str) -> str:
    """As it is written, but for 1e-05 and the like."""
    text = text.strip()
    if not PLAIN(text):
        number = Decimal(text)
        if not number.is_finite():
            raise ValueError(text)
        text = format(number, "f")
    return text


def _nanoseconds(text: str) -> int:
    """UTC where no zone is named."""
    if text.replace(".", "", 1).isdecimal():
        number = int(text.split(".")[0])
        unit = next((unit for unit in UNITS if number * unit >= LEAST), None)
        if unit is None:
            raise ValueError(text)
        return number * unit
    if found := HOUR(text):
        hour = int(found[4]) % 12 + 12 * (found[5] == "PM")
        at = datetime(int(found[1]), int(found[2]), int(found[3]), hour, tzinfo=UTC)
    else:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    whole = at - EPOCH
    return (whole.days * 86400 + whole.seconds) * 10**9 + whole.microseconds * 1000


def _times(texts: Sequence[str]) -> list[int]:
    """As `_nanoseconds` gives each: of a day and of what follows it, each of which many share."""
    days, rests = [text[:10] for text in texts], [text[10:] for text in texts]
    if not all(map(DAY, {*days})):
        return [_nanoseconds(text.strip()) for text in texts]
    began = {day: _nanoseconds(day) for day in {*days}}
    later = {rest: _nanoseconds(ANY_DAY + rest) - _nanoseconds(ANY_DAY) for rest in {*rests}}
    return [began[day] + later[rest] for day, rest in zip(days, rests, strict=True)]


def told(of: Candles) -> Iterable[str]:
    """What was left out or is not there, where anything is."""
    counts = ((of.doubles, "doubled"), (of.empty, "without volume"), (of.missing, "missing"))
    return [f"{count:,} candles {what}" for count, what in counts if count]
