"""What a market's decisions read beside their signals, as far as each had: books, advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.control import ControlStage
from engine.stage import Cell
from gateway.proof.comparison import Comparison, Different
from gateway.proof.published import Source
from gateway.proof.recompute_orders import controlled
from schemas import names
from schemas.advice import Advice
from schemas.codec import decode
from schemas.commands import DESK, ControlState
from schemas.decisions import Decision
from schemas.errors import Poison
from schemas.orders import Read
from schemas.record import Record
from schemas.signals import ConsolidatedBook

READ: dict[str, type[Record]] = {
    names.BOOKS: ConsolidatedBook, names.ADVICE: Advice, names.STATE: ControlState,
}  # fmt: skip
"""What may be read beside a signal."""


class Beside:
    """The side rows of one market. Cost: each key that it reads is read once.

    Of control.state only the latest row may be left, so people's commands make them again.
    """

    def __init__(
        self, key: str, source: Source, comparison: Comparison, control: ControlStage
    ) -> None:
        self._key, self._source, self._comparison = key, source, comparison
        self._control = control
        self._rows: dict[tuple[str, str], Iterator[Record]] = {}

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
            found = self._selected(read.key) if read.topic == names.STATE else self._read(*place)
            self._rows[place] = found
        for row in self._rows[place]:
            cell.take(read.topic, row)
            yield read.topic, row
            if row.seq >= read.seq:
                return
        raise Different(f"{read.topic} {read.key} seq {read.seq} is gone")

    def _read(self, topic: str, key: str) -> Iterator[Record]:
        for _, value in self._source.of(topic, key):
            try:
                yield decode(READ[topic], value)
            except Poison:
                continue  # it has its letter: the worker has not taken it either

    def _selected(self, key: str) -> Iterator[Record]:
        commands = self._source.of_all(names.COMMANDS)
        for made in controlled(self._control, DESK, commands):
            if made.key == key:
                yield made.record
