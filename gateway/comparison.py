"""Records that come out again beside those that are published, byte by byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.stage import Output, Tables
from gateway.published import Source
from schemas.codec import encode
from topics import BY_NAME

NOTHING = (-1, b"")


@dataclass
class Verdict:
    """How many records came out as published, by topic, and the first difference, if any.

    recorded: how many cannot come out again and agree with another record of the same.
    knew: the side rows that the account had read when it made the order's record.
    """

    same: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)
    difference: str | None = None
    knew: Tables = field(default_factory=dict)

    @property
    def identical(self) -> bool:
        """True when everything came out as it was published."""
        return self.difference is None

    def in_words(self) -> str:
        """For people."""
        if self.difference is not None:
            return f"re-computed: different: {self.difference}"
        told = f"re-computed: identical ({_counts(self.same)})"
        if self.recorded:
            told += f"; what the venue did: as journalled ({_counts(self.recorded)})"
        return told


def _counts(of: Counter[str]) -> str:
    return ", ".join(f"{count:,} {topic}" for topic, count in of.items())


class Different(Exception):
    """The first record that does not come out as published."""


class Comparison:
    """Published records of each topic and key beside those that come out again."""

    def __init__(self, source: Source, verdict: Verdict) -> None:
        self._source, self._verdict = source, verdict
        self._open: dict[tuple[str, str], Iterator[tuple[int, bytes]]] = {}
        self._next: dict[tuple[str, str], tuple[int, bytes]] = {}

    def meet(self, output: Output) -> None:
        """Compare one record with the one that is published in its place; raises Different.

        Of a compacted topic only the later records of a key may be left: the others are taken as
        they come out.
        """
        place, seq = (output.topic, output.key), output.record.seq
        found, published = self._at(place)
        if BY_NAME[output.topic].compacted and found > seq:
            return
        name = f"{output.topic} {output.key} seq {seq}"
        if found != seq:
            raise Different(f"{name} is not published" if found < 0 else f"{name}: seq {found}")
        self.same(name, output, published)
        self._step(place)

    def same(self, name: str, output: Output, published: bytes) -> None:
        """Compare a record's bytes and count it; raises Different."""
        if (again := encode(output.record)) != published:
            raise Different(f"{name}: {first_difference(published, again)}")
        self._verdict.same[output.topic] += 1

    def _at(self, place: tuple[str, str]) -> tuple[int, bytes]:
        if place not in self._open:
            self._open[place] = iter(self._source.of(*place))
            self._step(place)
        return self._next[place]

    def _step(self, place: tuple[str, str]) -> None:
        self._next[place] = next(self._open[place], NOTHING)


def first_difference(published: bytes, again: bytes) -> str:
    """Where two encoded records part, with a few bytes of both."""
    at = next(
        (n for n, (a, b) in enumerate(zip(published, again, strict=False)) if a != b),
        min(len(published), len(again)),
    )
    start = max(0, at - 24)
    was, now = (part[start : at + 24].decode(errors="replace") for part in (published, again))
    return f"byte {at}: published ...{was}..., re-computed ...{now}..."
