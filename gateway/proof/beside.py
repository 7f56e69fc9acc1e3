"""Books over venues for a market's decisions that are made again: as far as each had read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.stage import Cell
from gateway.proof.comparison import Comparison, Different
from gateway.proof.published import Source
from schemas import names
from schemas.codec import decode
from schemas.decisions import Decision
from schemas.errors import Poison
from schemas.orders import Read
from schemas.record import Record
from schemas.signals import ConsolidatedBook


class Beside:
    """The side rows of one market. Cost: each book that it reads is read once."""

    def __init__(self, key: str, source: Source, comparison: Comparison) -> None:
        self._key, self._source, self._comparison = key, source, comparison
        self._rows: dict[str, Iterator[tuple[int, bytes]]] = {}

    def give(self, cell: Cell[Any], signal: Record) -> Iterator[Record]:
        """Let the cell have read what the published decision on this signal had; gives those rows,
        each once. Raises Different.

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

    def _upto(self, cell: Cell[Any], read: Read) -> Iterator[Record]:
        if read.key not in self._rows:
            self._rows[read.key] = iter(self._source.of(read.topic, read.key))
        for seq, value in self._rows[read.key]:
            row = decode(ConsolidatedBook, value)
            cell.take(read.topic, row)
            yield row
            if seq >= read.seq:
                return
        raise Different(f"{read.topic} {read.key} seq {read.seq} is gone")
