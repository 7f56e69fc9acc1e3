"""A market's records made again of its raw ones."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from engine.replay.precedence import Precedence
from engine.stage import Output
from gateway.backtests.stages import Stages
from gateway.proof.advised import Advised
from gateway.proof.beside import Beside
from gateway.proof.comparison import Comparison, Different
from gateway.proof.published import Source
from schemas import names
from schemas.codec import decode
from schemas.errors import Poison
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.system import DeadLetter

if TYPE_CHECKING:
    from engine.advice.section import AdviceSettings

MARKET = (names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS)
"""Topics that come of the market alone, keyed as market.raw is."""

BURIED = "ended stage"
"""How the letter of a record begins that a stage gave up on: nothing was made of it."""

Buried = AbstractSet[tuple[str, str, int]]
"""(topic, key, sequence) of records that a stage gave up on."""


class Market:
    """The cells of one market that are given its raw records again, from the first on.

    Where its strategies read books over venues or advice, these are given as each decision had read
    them. section: of the settings, by which advice is looked at.
    """

    def __init__(
        self, key: str, stages: Stages, source: Source, comparison: Comparison, buried: Buried,
        section: AdviceSettings | None = None,
    ) -> None:  # fmt: skip
        self.key, self.precedence = key, Precedence()
        reads = key in stages.decisions.readers
        self._beside = Beside(key, source, comparison, stages.control) if reads else None
        self.advised = Advised(key, source, section)
        self._cells = stages.market(key)
        self._comparison, self._buried = comparison, buried
        self._begun = False

    def take(self, seq: int, value: bytes) -> None:
        """Compare all that one raw record gives; raises Different at the first that differs."""
        if not self._begun and seq:
            raise Different(f"{names.RAW} {self.key} begins at seq {seq}: the rest is gone")
        self._begun = True
        try:
            raw = decode(RawFrame, value)
        except Poison:
            self._cells[names.RAW].forget(names.RAW, self.key)
            return
        self._pass(names.RAW, raw)

    def _pass(self, topic: str, record: Record) -> None:
        """One record through its stage, and what that makes through the next ones."""
        for peek in self.precedence.take(topic, record):
            raise Different(str(peek))
        for made in self._made(topic, record):
            if made.topic in MARKET:
                self._comparison.meet(made)
                self._pass(made.topic, made.record)

    def _made(self, topic: str, record: Record) -> list[Output]:
        """What its stage gives; of a record that has its letter, nothing."""
        cell = self._cells.get(topic)
        if cell is None:
            return []
        if (topic, record.key, record.seq) in self._buried:
            cell.skip(topic, record)
            return []
        if topic == names.SIGNALS:
            self.advised.signal(record)
        if topic == names.SIGNALS and self._beside is not None:
            for side, row in self._beside.give(cell, record):
                for peek in self.precedence.take(side, row):
                    raise Different(str(peek))
        try:
            return cell.take(topic, record)
        except Poison:
            return []


def buried(source: Source) -> Buried:
    """The records that a stage gave up on, as dead.letters has them."""
    letters = (decode(DeadLetter, value) for _, value in source.of_all(names.LETTERS))
    return {
        (letter.topic, letter.source_key, letter.source_seq)
        for letter in letters
        if letter.source_seq is not None and letter.reason.startswith(BURIED)
    }
