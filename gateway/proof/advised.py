"""ai.advice is an input that nothing makes again: what can be proved of it is what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from gateway.proof.published import Source
from schemas import names
from schemas.advice import Advice
from schemas.codec import decode
from schemas.errors import Poison
from schemas.record import Record
from topics.settings import Settings

if TYPE_CHECKING:
    from engine.advice.section import AdviceSettings


class Question(NamedTuple):
    """A record of ai.advice: its sequence, and the market's time when it was asked, ns."""

    seq: int
    asked_time: int


class Advised:
    """One market's advice: asked upon signals of the run, at or after their time, of a briefing
    that is the one it names; and, under the settings of those who were asked, an opinion that is
    what the stored reply gives. Cost: the market's advice is read once; memory: a line of each.
    """

    def __init__(self, key: str, source: Source, section: AdviceSettings | None = None) -> None:
        self._key = key
        self._open: dict[str, list[Question]] = {}
        self.wrong: list[str] = []
        for seq, value in source.of(names.ADVICE, key):
            try:
                row = decode(Advice, value)
            except Poison:
                continue  # it has its letter: nobody has read it
            if not sealed(row):
                self.wrong.append(f"{self._name(seq)}: its briefing is not the one it names")
            elif section is not None and (why := doubted(row, section)):
                self.wrong.append(f"{self._name(seq)}: {why}")
            self._open.setdefault(row.cause, []).append(Question(seq, row.asked_time))

    def signal(self, signal: Record) -> None:
        """A signal that has come out."""
        for question in self._open.pop(signal.id, ()):
            if question.asked_time < signal.seen_time:
                when = f"{question.asked_time}, before the signal that it rests on was there"
                self.wrong.append(f"{self._name(question.seq)}: it was asked at {when}")

    def left(self) -> Iterator[str]:
        """What is wrong, once all signals have passed."""
        yield from self.wrong
        for cause, questions in self._open.items():
            for question in questions:
                yield f"{self._name(question.seq)}: it rests on {cause}, no signal of the run"

    def _name(self, seq: int) -> str:
        return f"{names.ADVICE} {self._key} seq {seq}"


def section_of(settings: Settings) -> AdviceSettings | None:
    """Whom the settings ask; None where nobody is, as loading this takes half a second."""
    if not settings.advice.get("advisors"):
        return None
    from engine.advice.section import AdviceSettings

    return settings.of("advice", AdviceSettings)


def doubted(row: Advice, section: AdviceSettings) -> str | None:
    """As engine.advice.again, loaded where it is needed."""
    from engine.advice.again import doubt

    return doubt(row, section)


def sealed(row: Advice) -> bool:
    """The briefing is the one whose hash it names, or none is named."""
    size = len(row.context_hash) // 2
    if not 0 < size <= blake2b.MAX_DIGEST_SIZE:
        return not row.context_hash
    return blake2b(row.briefing.encode(), digest_size=size).hexdigest() == row.context_hash
