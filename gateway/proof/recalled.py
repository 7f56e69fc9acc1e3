"""A desk of the market's stages whose decisions read books and advice as a past run's had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.replay.desk import Delays, Desk, Row
from engine.stage import Output, Stage
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

    def _take(
        self, stage: Stage[Any], name: str, now: int, topic: str, record: Record
    ) -> Iterator[Row]:
        if topic != names.SIGNALS or name not in self._besides:
            yield from super()._take(stage, name, now, topic, record)
            return
        try:
            yield from self._besides[name].give(self._cell(stage, name), record)
        except Different as different:
            self._parted(name, different)
        for made, row in super()._take(stage, name, now, topic, record):
            self._compare(name, made, row)
            yield made, row

    def _compare(self, name: str, topic: str, row: Record) -> None:
        if topic != names.DECISIONS or name not in self._besides:
            return
        try:
            self._comparison.meet(Output(topic, row.key, row))
        except Different as different:
            self._parted(name, different)

    def _parted(self, name: str, different: Different) -> None:
        self._differences.append(str(different))
        del self._besides[name]
