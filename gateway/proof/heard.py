"""What advisors had said when a decision was made: the records it rests on, and their worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from engine.advice.standing import standing
from gateway.proof.advised import doubted, sealed, section_of
from gateway.proof.published import Source
from schemas import names
from schemas.advice import Advice
from schemas.codec import decode, encode
from schemas.decisions import Decision
from schemas.errors import Poison
from topics.settings import Settings

MARK = f'"topic":"{names.ADVICE}"'.encode()


@dataclass(frozen=True)
class Heard:
    """The newest record of an advisor that the market had read by a decision.

    counts: sound, and not expired then. sealed: its briefing is the one whose hash it names.
    again: what its stored reply gives, bounded again: "" the stored opinion, else why not; None
    where the settings do not name the advisor.
    """

    row: Advice
    counts: bool
    sealed: bool
    again: str | None = None

    @property
    def fate(self) -> str:
        """Whether it was heard, in words."""
        if self.row.opinion.void is not None:
            return f"void, {self.row.opinion.void}"
        return "counts" if self.counts else "expired"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        same = None if self.again is None else not self.again
        told = {"fate": self.fate, "sealed": self.sealed, "bounded_again": same}
        return {**told, "record": orjson.Fragment(encode(self.row))}


def heard(decision: Decision, source: Source) -> tuple[Heard, ...]:
    """By the reads of the market's decisions so far, one of each advisor, in order of their names.

    Nothing where the decision's market reads no advice. Cost: the market's decisions and advice up
    to then are read once.
    """
    if not decision.reads:
        return ()
    last = max(_reads(decision, source), default=-1)
    newest: dict[str, Advice] = {}
    for seq, value in source.of(names.ADVICE, decision.key) if last >= 0 else ():
        if seq > last:
            break
        try:
            row = decode(Advice, value)
        except Poison:
            continue
        newest[row.opinion.advisor] = row
    return tuple(
        Heard(row, bool(standing(row, decision.seen_time)), sealed(row))
        for _, row in sorted(newest.items())
    )


def bounded_again(known: Sequence[Heard], settings: Settings) -> tuple[Heard, ...]:
    """The same, with what the stored replies give under the settings."""
    section = section_of(settings)
    if section is None:
        return tuple(known)
    return tuple(
        replace(each, again=doubted(each.row, section) or "")
        if each.row.opinion.advisor in section.advisors
        else each
        for each in known
    )


def _reads(decision: Decision, source: Source) -> Iterator[int]:
    """Sequences of advice that the market's decisions have named, up to this one."""
    for seq, value in source.of(names.DECISIONS, decision.key):
        if MARK in value:
            yield from (
                read.seq for read in decode(Decision, value).reads if read.topic == names.ADVICE
            )
        if seq >= decision.seq:
            return
