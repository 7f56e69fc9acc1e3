"""A short stretch of each recorded market, to be spoilt; and all that the desk says of a file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.stage import Cell
from engine.ticks import TicksStage, TicksState
from infra.recordings import HERE, listings
from schemas import names
from schemas.codec import decode, encode
from schemas.raw import RawFrame
from schemas.system import DeadLetter, Snapshot
from schemas.ticks import Bar, BookState, Columns, Notice, NoticeType, Ticks
from topics.recording import read, sample

FILES = {
    "spot": "spot/btcusdt_20240808.gz",
    "usdm": "usdm/btcusdt_20240808.gz",
    "cm": "cm/btcusd_perp_20240808.gz",
}
MARKETS = tuple(FILES)
LINES = 900
"""Lines of each market: its snapshot, and some seconds of all its streams after it."""


@cache
def tape(market: str) -> tuple[str, ...]:
    """The first lines of a market's recording."""
    with gzip.open(HERE / FILES[market], "rt") as lines:
        return tuple(line.rstrip("\n") for line, _ in zip(lines, range(LINES), strict=False))


@dataclass
class Told:
    """What came of a file: rows without their place in a record, bars, notices and dead letters.

    raw: every frame on market.raw; sizes: frames and bytes of each record there.
    """

    cell: Cell[TicksState] | None = None
    trades: list[tuple[Any, ...]] = field(default_factory=list)
    quotes: list[tuple[Any, ...]] = field(default_factory=list)
    books: list[tuple[Any, ...]] = field(default_factory=list)
    bars: list[Any] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    states: list[BookState] = field(default_factory=list)
    raw: list[RawFrame] = field(default_factory=list)
    largest: int = 0
    most_bars: int = 0

    @property
    def good(self) -> dict[str, Any]:
        """What must be the same whatever bad input came in between."""
        return {
            "trades": self.trades, "quotes": self.quotes, "books": self.books, "bars": self.bars,
            "book": self.book,
        }  # fmt: skip

    @property
    def book(self) -> Any:
        """The book at the end, without the updates held for a snapshot."""
        assert self.cell is not None
        return {**self.cell.state.sync.book.dump(), "held": None}

    @property
    def frames(self) -> list[str]:
        """Every frame on market.raw, in order."""
        return [text for record in self.raw for text in record.frames]

    def told(self, *types: NoticeType) -> list[Notice]:
        """The notices of these types."""
        return [notice for notice in self.notices if notice.type in types]

    def take(self, raw: RawFrame, restart: bool) -> None:
        """Step the stage by one record and note what came out."""
        if self.cell is None:
            self.cell = Cell.fresh(TicksStage(), raw.key)
        if restart:
            snapshot = decode(Snapshot, encode(self.cell.snapshot()))
            self.cell = Cell.restore(TicksStage(), snapshot)
        self.raw.append(raw)
        made = [output.record for output in self.cell.take(names.RAW, raw)]
        self.largest = max(self.largest, *(len(encode(record)) for record in (raw, *made)))
        self.most_bars = max(self.most_bars, len(made))
        for record in made:
            if isinstance(record, Ticks):
                self._ticks(record)
            elif isinstance(record, Bar):
                self.bars.append(record.model_dump(exclude={"id", "cause", "seq", "seen_time"}))
            elif isinstance(record, DeadLetter):
                self.letters.append(record)

    def _ticks(self, ticks: Ticks) -> None:
        self.trades += _rows(ticks.trades)
        self.quotes += _rows(ticks.quotes)
        self.books += _rows(ticks.books)
        self.notices += ticks.notices
        self.states.append(ticks.book)


def _rows(columns: Columns) -> Iterator[tuple[Any, ...]]:
    left = ("index", "seen_time", *(name for name in columns.LATER if not getattr(columns, name)))
    values = [value for name, value in dict(columns).items() if name not in left]
    return zip(*values, strict=True)


def play(
    lines: Sequence[str | bytes], market: str | None = None, *, restarts: bool = False
) -> Told:
    """Write the lines to a file and play it. restarts: now and then through a snapshot."""
    told = Told()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.txt"
        path.write_bytes(b"\n".join(row.encode() if isinstance(row, str) else row for row in lines))
        router = Router.of(sample(path), listings(), market)
        for raw in raw_records(map(router.route, read(path)), "run"):
            told.take(raw, restarts and len(told.raw) % 7 == 3)
    return told


@cache
def clean(market: str) -> Told:
    """The tape as it was recorded."""
    return play(tape(market))


def time_of(line: str) -> int:
    """The receive time of a line."""
    return int(line.split(" ", 1)[0])


def frame_of(line: str) -> dict[str, Any]:
    """The frame of a line, without its wrapper."""
    frame = json.loads(line.split(" ", 1)[1])
    return dict(frame.get("data", frame))


def spoilt(line: str, **fields: Any) -> str:
    """The line with other values in its frame."""
    time, text = line.split(" ", 1)
    frame = json.loads(text)
    frame.get("data", frame).update(fields)
    return f"{time} {json.dumps(frame, separators=(',', ':'))}"


def at(market: str, kind: str, after: int = 0) -> int:
    """The place of the first line from `after` on of a kind: a stream, or "snapshot"."""
    word = '{"lastUpdateId"' if kind == "snapshot" else f"@{kind}"
    rows = enumerate(tape(market))
    return next(n for n, line in rows if n >= after and word in line[:60])


def moved(lines: Sequence[str], by: int) -> list[str]:
    """The lines as received `by` ns later."""
    return [f"{time_of(line) + by} {line.split(' ', 1)[1]}" for line in lines]
