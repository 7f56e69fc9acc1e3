"""Records that come out again beside those that are published, byte by byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.stage import Output, Tables
from gateway.proof.published import Source
from schemas.codec import encode
from topics import BY_NAME

NOTHING = (-1, b"")

Place = tuple[str, str]
"""A topic and a key."""

Spot = tuple[str, str, int]
"""A topic, a key and a sequence: one record."""


@dataclass
class Verdict:
    """How many records came out as published, by topic, and the first difference, if any.

    watched: the records of which it is kept whether they came out; equal: those that did; parted:
    the record that came out otherwise; agreed: records of what a venue did that agree with others.
    recorded: how many cannot come out again and agree with another record of the same.
    knew: the side rows that the account had read when it made the order's record.
    met: topics and keys of which something has come out again.
    """

    watched: frozenset[Spot] = frozenset()
    equal: set[Spot] = field(default_factory=set)
    parted: Spot | None = None
    agreed: set[Spot] = field(default_factory=set)
    same: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)
    difference: str | None = None
    knew: Tables = field(default_factory=dict)
    met: set[Place] = field(default_factory=set)

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
        self._open: dict[Place, Iterator[tuple[int, bytes]]] = {}
        self._next: dict[Place, tuple[int, bytes]] = {}

    def meet(self, output: Output) -> None:
        """Compare one record with the one that is published in its place; raises Different.

        Of a compacted topic only the later records of a key may be left: the others are taken as
        they come out.
        """
        place, seq = (output.topic, output.key), output.record.seq
        self._verdict.met.add(place)
        found, published = self._at(place)
        if BY_NAME[output.topic].compacted and found > seq:
            return
        name = f"{output.topic} {output.key} seq {seq}"
        if found != seq:
            raise Different(f"{name} is not published" if found < 0 else f"{name}: seq {found}")
        self.same(name, output, published)
        del self._next[place]

    def next(self, topic: str, key: str) -> bytes:
        """What is published next of a key, before it is compared; b"" where nothing is left."""
        return self._at((topic, key))[1]

    def left(self) -> Iterator[tuple[Place, int]]:
        """Of each topic and key that was met, the first record that nothing has made again."""
        for place in self._open:
            found, _ = self._at(place)
            if found >= 0:
                yield place, found

    def same(self, name: str, output: Output, published: bytes) -> None:
        """Compare a record's bytes and count it; raises Different."""
        spot = (output.topic, output.key, output.record.seq)
        if (again := encode(output.record)) != published:
            self._verdict.parted = spot
            raise Different(f"{name}: {first_difference(published, again)}")
        self._verdict.same[output.topic] += 1
        if spot in self._verdict.watched:
            self._verdict.equal.add(spot)

    def _at(self, place: Place) -> tuple[int, bytes]:
        if place not in self._open:
            self._open[place] = iter(self._source.of(*place))
        if place not in self._next:
            self._next[place] = next(self._open[place], NOTHING)
        return self._next[place]


def first_difference(published: bytes, again: bytes) -> str:
    """Where two encoded records part, with a few bytes of both."""
    at = next(
        (n for n, (a, b) in enumerate(zip(published, again, strict=False)) if a != b),
        min(len(published), len(again)),
    )
    start = max(0, at - 24)
    was, now = (part[start : at + 24].decode(errors="replace") for part in (published, again))
    where = f"byte {at}{_named(published, again)}"
    return f"{where}: published ...{was}..., re-computed ...{now}..."


def _named(published: bytes, again: bytes) -> str:
    """The field in which they part, as ", bars[3].close"; nothing where they are no JSON."""
    try:
        path = differing(orjson.loads(published), orjson.loads(again))
    except orjson.JSONDecodeError:
        return ""
    return f", {path.lstrip('.')}" if path else ""


def differing(one: Any, other: Any) -> str | None:
    """The path to the first field in which two JSON values differ; "" the values themselves, None
    where they are equal.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}:
            if name not in one or name not in other:
                return f".{name}"
            if (path := differing(one[name], other[name])) is not None:
                return f".{name}{path}"
        return None
    if isinstance(one, list) and isinstance(other, list):
        for at, (a, b) in enumerate(zip(one, other, strict=False)):
            if (path := differing(a, b)) is not None:
                return f"[{at}]{path}"
        return None if len(one) == len(other) else f"[{min(len(one), len(other))}]"
    return None if type(one) is type(other) and one == other else ""
