"""What a backtest plays: recordings, or a run's market.raw as its archive has it.

What reads archives is loaded where one is named only: it takes time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from engine.framing import closing
from engine.replay.desk import Row
from gateway.recorded.files import Span
from schemas import names
from schemas.codec import decode
from schemas.errors import Poison, TapelineError
from schemas.raw import RawFrame
from topics.inspection import Inspection

if TYPE_CHECKING:
    from topics.archive.reading import Archive

Timed = tuple[int, Row]


@dataclass
class Inputs:
    """Records in the order in which they come in, and their span. inspection: of the files.
    unread: what was no record."""

    rows: Iterator[Row]
    whole: Span
    inspection: Inspection = field(default_factory=Inspection)
    unread: list[str] = field(default_factory=list)


def chosen(
    files: list[Path], directory: Path | None, run: str, spread: str | None = None
) -> tuple[Path, str] | None:
    """The archive and run to play, None for the files; raises TapelineError unless one is named,
    and for a spread, which is of candles."""
    of_books(spread)
    if (directory is None) == (not files):
        raise TapelineError("name recordings, or an archive by --archive DIR, and not both")
    return None if directory is None else (directory, run)


def of_books(spread: str | None) -> None:
    """Raise TapelineError for a spread, which recordings have themselves."""
    if spread is not None:
        raise TapelineError("--spread is of candles, and these are books: add --candles KEY")


def by_files(files: list[Path] | None, *unsaid: object) -> list[Path]:
    """The files of candles; raises TapelineError where none is named, or what they do not take."""
    if not files:
        raise TapelineError("name files of candles: CSV, CSV.gz or Parquet")
    if any(each is not None for each in unsaid):
        raise TapelineError("files of candles are played alone: leave out what is of recordings")
    return files


def by_run(files: list[Path] | None, *unsaid: object) -> None:
    """Raises TapelineError where what is played as recorded is more than a run."""
    if files or any(each is not None for each in unsaid):
        raise TapelineError(
            "--as-recorded plays a whole past run: name it by --run PREFIX, or --archive DIR too"
        )


def archived(directory: Path, run: str, listed: Iterator[Row]) -> Inputs:
    """The raw records of a run, and what could be traded: as archived, else as listed."""
    from topics.archive import playing
    from topics.archive.reading import Archive

    archive = Archive(directory, run)
    known: list[Timed] = [
        (time, (names.INSTRUMENTS, row)) for time, row in playing.instruments(archive)
    ]
    keys = {row.key for _, (_, row) in known}
    first = ((0, row) for row in listed if row[1].key not in keys)
    found = Inputs(iter(()), archived_span(directory, run))
    frames = ((each.seen_time, (names.RAW, each)) for each in _frames(archive, found.unread))
    ordered = chain(first, merge(sorted(known, key=itemgetter(0)), frames, key=itemgetter(0)))
    found.rows = (row for _, row in ordered)
    return found


def _frames(archive: Archive, unread: list[str]) -> Iterator[RawFrame]:
    from topics.archive.playing import raw

    for row in raw(archive, closing):
        try:
            yield decode(RawFrame, row.value)
        except Poison as poison:
            unread.append(f"{row.key!r} offset {row.offset}: {poison}")


def archived_span(directory: Path, run: str) -> Span:
    """From the first to the last record of market.raw in an archive, and their number."""
    from topics.archive.catalog import entries_of
    from topics.archive.reading import Archive

    found = [*entries_of(Archive(directory, run), run + names.RAW, values=False)]
    times = [each.seen_time for each in found if each.seen_time is not None]
    first = min((time for time, _ in times), default=0)
    last = max((time for _, time in times), default=0)
    return Span(first, last, sum(each.records for each in found))
