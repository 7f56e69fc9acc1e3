"""What a market's decisions read beside their signals, as far as each had: books, advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.stage import Cell
from gateway.proof.comparison import Comparison, Different
from gateway.proof.published import Source
from schemas import names
from schemas.advice import Advice
from schemas.codec import decode
from schemas.decisions import Decision
from schemas.errors import Poison
from schemas.orders import Read
from schemas.record import Record
from schemas.signals import ConsolidatedBook

READ: dict[str, type[Record]] = {names.BOOKS: ConsolidatedBook, names.ADVICE: Advice}
"""What may be read beside a signal."""


class Beside:
    """The side rows of one market. Cost: each key that it reads is read once."""

    def __init__(self, key: str, source: Source, comparison: Comparison) -> None:
        self._key, self._source, self._comparison = key, source, comparison
        self._rows: dict[tuple[str, str], Iterator[tuple[int, bytes]]] = {}

    def give(self, cell: Cell[Any], signal: Record) -> Iterator[tuple[str, Record]]:
        """Let the cell have read what the published decision on this signal had; gives those rows
        with their topics, each once. Raises Different.

        A decision that does not say so had read nothing: what it should have been, it will differ.
        """
        published = self._comparison.next(names.DECISIONS, self._key)
        if not published:
            return
        try:
            reads = decode(Decision, published).reads
        except Poison as poison:
            raise Different(f"{names.DECISIONS} {self._key}: {poison}") from poison
        for read in reads[1:] if reads and reads[0].seq == signal.seq else ():
            yield from self._upto(cell, read)

    def _upto(self, cell: Cell[Any], read: Read) -> Iterator[tuple[str, Record]]:
        if read.topic not in READ:
            raise Different(f"{names.DECISIONS} {self._key}: it has read {read.topic}")
        place = read.topic, read.key
        if place not in self._rows:
            self._rows[place] = iter(self._source.of(*place))
        for seq, value in self._rows[place]:
            try:
                row = decode(READ[read.topic], value)
            except Poison:
                continue  # it has its letter: the worker has not taken it either
            cell.take(read.topic, row)
            yield read.topic, row
            if seq >= read.seq:
                return
        raise Different(f"{read.topic} {read.key} seq {read.seq} is gone")
