"""A symbol's consolidated book made again, in the order in which its venues had met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.books import BooksSettings, BooksStage
from engine.stage import Cell, Output
from gateway.proof.comparison import Comparison, Different, Verdict
from gateway.proof.published import Source
from schemas import names
from schemas.codec import decode
from schemas.errors import Poison
from schemas.instruments import Instrument
from schemas.orders import Read
from schemas.signals import ConsolidatedBook
from schemas.ticks import Ticks


def books(symbol: str, settings: BooksSettings, source: Source, verdict: Verdict) -> None:
    """Each record of market.books on what it says it had read; raises Different.

    Cost: the partitions of the symbol's venues are read once; memory does not grow with history.
    """
    stage: Any = BooksStage(settings)
    again = _Again(Cell.fresh(stage, symbol), source)
    comparison = Comparison(source, verdict)
    for seq, value in source.of(names.BOOKS, symbol):
        name = f"{names.BOOKS} {symbol} seq {seq}"
        made = again.take(decode(ConsolidatedBook, value))
        if len(made) != 1 or made[0].record.seq != seq:
            raise Different(f"{name}: nothing makes it again")
        comparison.same(name, made[0], value)
    for key, left in again.left():
        raise Different(f"{names.BOOKS} {symbol}: nothing is published of {key} seq {left}")


class _Again:
    """A symbol's cell that is given again what it had read."""

    def __init__(self, cell: Cell[Any], source: Source) -> None:
        self._cell, self._source = cell, source
        self._ticks: dict[str, Iterator[tuple[int, bytes]]] = {}

    def take(self, published: ConsolidatedBook) -> list[Output]:
        """What the ticks record that it was made of gives."""
        main, *sides = published.reads
        for read in sides:
            self._cell.take(read.topic, self._instrument(read))
        if main.key not in self._ticks:
            self._ticks[main.key] = iter(self._source.of(names.TICKS, main.key))
        for seq, value in self._ticks[main.key]:
            try:
                record = decode(Ticks, value, BooksStage.ignored)
            except Poison:
                self._cell.forget(names.TICKS, main.key)
                continue
            if seq == main.seq:
                return self._cell.take(names.TICKS, record)
        raise Different(f"{names.TICKS} {main.key} seq {main.seq} is gone")

    def left(self) -> Iterator[tuple[str, int]]:
        """Of each venue met, the first ticks record that no book was made of."""
        for key, rows in self._ticks.items():
            for seq, _ in rows:
                yield key, seq
                break

    def _instrument(self, read: Read) -> Instrument:
        """The row that was read; where only a later one is left, that one stands in."""
        found = [*self._source.of(names.INSTRUMENTS, read.key)]
        rows = [value for seq, value in found if seq >= read.seq]
        if not rows:
            raise Different(f"{read.topic} {read.key} seq {read.seq} is gone")
        return decode(Instrument, rows[0]).model_copy(update={"seq": read.seq})
