"""Recorded frames to normalised ticks as JSON objects, without a broker: `tapeline decode`.

The frames pass the very framing and ticks stage of the pipeline. There, a depth update that comes
before the snapshot it belongs to is published as not applied when it comes; here, with the whole
file at hand, `applied` says what became of it in the end.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.book import HELD
from engine.feeds.recorded import Opening, route_of
from engine.framing import raw_records
from engine.stage import Cell
from engine.tick_rows import rows_of
from engine.ticks import TicksStage, TicksState
from schemas import names
from schemas.errors import TapelineError
from schemas.raw import Listing, RawFrame, ReceivedFrame
from schemas.ticks import Ticks
from topics.inspection import Inspection
from topics.recording import begins, merged

Row = dict[str, Any]

RUN = "decode"
"""The name of the feed run: nothing that is printed depends on it."""


def decode(
    files: Sequence[Path], venue: str, listings: Iterable[Listing], market: str | None = None,
    by: Inspection | None = None,
) -> Iterator[Row]:  # fmt: skip
    """One object a tick, in file order (several files: by receive time). Raises TapelineError.

    A file that breaks off, or whose lines are not in order of time, gives all that can be read of
    it first, and raises then. by: told what is wrong with the files beside that.
    market: of the venue; else the venue's name says it, or the file's address, frames or folder.
    """
    known = tuple(listings)
    routes = [
        (path, route_of(Opening(*begins(path)), known, venue, market).route) for path in files
    ]
    unsettled, faults, by = _Unsettled(), list[TapelineError](), by or Inspection()
    for row in _rows(_readable(merged(routes, by), faults)):
        yield from unsettled.take(row)
    yield from unsettled.rest()
    for fault in faults:
        raise fault
    by.judge()


def summary(rows: Iterable[Row]) -> dict[str, int]:
    """How many objects there are of each type, by name."""
    return dict(sorted(Counter(row["type"] for row in rows).items()))


def _readable(
    frames: Iterator[tuple[str, ReceivedFrame]], faults: list[TapelineError]
) -> Iterator[tuple[str, ReceivedFrame]]:
    """The frames up to a fault, which is put aside so that they are framed to their end."""
    try:
        yield from frames
    except TapelineError as fault:
        faults.append(fault)


def _rows(frames: Iterator[tuple[str, ReceivedFrame]]) -> Iterator[Row]:
    """The objects of each frame in the order in which the frames were read.

    Framing keeps the order within a key but not between keys, so the keys' order is kept aside.
    """
    order: deque[str] = deque()
    waiting: dict[str, deque[list[Row]]] = {}
    cells: dict[str, Cell[TicksState]] = {}
    for raw in raw_records(_noted(frames, order), RUN):
        cell = cells.get(raw.key) or cells.setdefault(raw.key, Cell.fresh(TicksStage(), raw.key))
        by_frame = rows_of(_ticks(cell, raw), len(raw.frames))
        yield from by_frame[0]
        waiting.setdefault(raw.key, deque()).extend(by_frame[1:])
        while order and waiting.get(order[0]):
            yield from waiting[order.popleft()].popleft()


def _noted(
    frames: Iterator[tuple[str, ReceivedFrame]], order: deque[str]
) -> Iterator[tuple[str, ReceivedFrame]]:
    """The frames, with the key of each noted in `order`."""
    for key, frame in frames:
        order.append(key)
        yield key, frame


def _ticks(cell: Cell[TicksState], raw: RawFrame) -> Ticks:
    """The ticks record that a raw record gives: always the first."""
    ticks = cell.take(names.RAW, raw)[0].record
    assert isinstance(ticks, Ticks)
    return ticks


class _Unsettled:
    """Rows held back while it is open whether a depth update before them will yet be applied.

    A snapshot reaches at most HELD updates back, so no more than these are held per symbol.
    """

    def __init__(self) -> None:
        self._rows: deque[Row] = deque()
        self._open: dict[str, deque[Row]] = {}
        self._pending: set[int] = set()

    def take(self, row: Row) -> Iterator[Row]:
        """Take one row; give those that are settled by it, in order."""
        self._rows.append(row)
        if row["type"] == "book":
            self._book(row, row.pop("bridged"))
        while self._rows and id(self._rows[0]) not in self._pending:
            yield self._rows.popleft()

    def rest(self) -> Iterator[Row]:
        """All that is held: nothing more will come."""
        yield from self._rows

    def _book(self, row: Row, bridged: int) -> None:
        held = self._open.setdefault(row["symbol"], deque())
        if row["applied"]:
            for update in list(held)[len(held) - bridged :]:
                update["applied"] = True
            while held:
                self._pending.discard(id(held.popleft()))
        elif not row["snapshot"]:
            held.append(row)
            self._pending.add(id(row))
            if len(held) > HELD:
                self._pending.discard(id(held.popleft()))
