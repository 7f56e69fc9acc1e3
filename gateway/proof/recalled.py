"""A desk of the market's stages whose decisions read books and advice as a past run's had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.replay.desk import Delays, Desk
from engine.stage import Cell, Output
from gateway.backtests.stages import Stages
from gateway.proof.beside import Beside
from gateway.proof.comparison import Comparison, Different, Verdict
from gateway.proof.published import Source
from schemas import names
from schemas.record import Record


class Recalled(Desk):
    """Gives each decision the rows that the published one names, and no other.

    differences: is told, of each market that reads, the first decision that is not the published
    one; it reads nothing from then on.
    """

    def __init__(
        self, stages: Stages, delays: Delays, source: Source, verdict: Verdict,
        differences: list[str],
    ) -> None:  # fmt: skip
        super().__init__((stages.ticks, stages.signals, stages.decisions), (), delays)
        self._differences = differences
        self._comparison = Comparison(source, verdict)
        readers = stages.decisions.readers
        self._besides = {
            key: Beside(key, source, self._comparison, stages.control) for key in readers
        }

    def _take(self, cell: Cell[Any], now: int, topic: str, record: Record) -> Sequence[Output]:
        if topic != names.SIGNALS or cell.key not in self._besides:
            return super()._take(cell, now, topic, record)
        found: list[Output] = []
        try:
            for at, row in self._besides[cell.key].give(cell, record):
                found.append(Output(at, row.key, row))
        except Different as different:
            self._parted(cell.key, different)
        made = super()._take(cell, now, topic, record)
        for each in made:
            self._compare(cell.key, each)
        return [*found, *made]

    def _compare(self, name: str, made: Output) -> None:
        if made.topic != names.DECISIONS or name not in self._besides:
            return
        try:
            self._comparison.meet(made)
        except Different as different:
            self._parted(name, different)

    def _parted(self, name: str, different: Different) -> None:
        self._differences.append(str(different))
        del self._besides[name]
