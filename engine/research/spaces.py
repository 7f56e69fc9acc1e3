"""What a search may choose: axes of values, each the name of a setting, and their combinations.

    10,20,40            one of these (also true, false, none and words)
    0.3:0.7:0.1         from 0.3 to 0.7 in steps of 0.1, both ends included where they are met
    0.3:0.7             any number between; 1:1000:log: so that each factor is as likely

Numbers are read as decimals, so 0.3:0.7:0.1 has 0.6 and not 0.6000000000000001; whole numbers stay
whole. Draws are derived from a seed and a number, not random: the same in every run and process.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from itertools import islice, product
from typing import Any, Protocol

from engine.indicators import rounded
from schemas.errors import TapelineError

Value = int | float | str | bool | None
Parameters = dict[str, Value]
"""A value for each axis, by its name."""

MOST_STEPS = 100_000
WORDS: Mapping[str, Value] = {"true": True, "false": False, "none": None}


class NoSpace(TapelineError):
    """A text or a table that tells no axis."""


class Axis(Protocol):
    """One setting and what it may be. values: all of them, None where they are not to be counted.

    ends: values that together show whether a settings' model takes the axis.
    """

    @property
    def name(self) -> str: ...
    @property
    def values(self) -> tuple[Value, ...] | None: ...
    @property
    def ends(self) -> tuple[Value, ...]: ...
    def at(self, share: float) -> Value:
        """The value at a share, 0 <= share < 1, of the axis."""
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """One of several values."""

    name: str
    values: tuple[Value, ...]

    @property
    def ends(self) -> tuple[Value, ...]:
        """All of them: they need not be of one kind."""
        return self.values

    def at(self, share: float) -> Value:
        """Each is as likely."""
        return self.values[int(share * len(self.values))]


@dataclass(frozen=True, slots=True)
class Stepped:
    """Numbers at equal steps."""

    name: str
    low: Decimal
    high: Decimal
    step: Decimal

    @property
    def values(self) -> tuple[Value, ...]:
        """From the lowest on, none above the highest."""
        count = int((self.high - self.low) / self.step) + 1
        whole = all(each == int(each) for each in (self.low, self.step))
        numbers = (self.low + n * self.step for n in range(count))
        return tuple(int(each) if whole else float(each) for each in numbers)

    @property
    def ends(self) -> tuple[Value, ...]:
        """The lowest and the highest."""
        return self.values[0], self.values[-1]

    def at(self, share: float) -> Value:
        """Each step is as likely."""
        return self.values[int(share * len(self.values))]


@dataclass(frozen=True, slots=True)
class Between:
    """Any number between two, to 12 significant digits."""

    name: str
    low: float
    high: float
    log: bool = False
    values: None = None

    @property
    def ends(self) -> tuple[Value, ...]:
        """The lowest and the highest."""
        return self.low, self.high

    def at(self, share: float) -> Value:
        """Each length is as likely; with log each factor."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return rounded(math.exp(low + share * (high - low)))
        return rounded(self.low + share * (self.high - self.low))


@dataclass(frozen=True, slots=True)
class Space:
    """All axes, each name once."""

    axes: tuple[Axis, ...]

    @property
    def size(self) -> int | None:
        """How many combinations there are; None where they are not to be counted."""
        counts = [None if axis.values is None else len(axis.values) for axis in self.axes]
        return None if None in counts else math.prod(each for each in counts if each)

    def grid(self) -> Iterator[Parameters]:
        """Every combination once, the last axis changing fastest. NoSpace where an axis has no
        steps."""
        for axis in self.axes:
            if axis.values is None:
                raise NoSpace(f"{axis.name} has no steps, so no grid: write LOW:HIGH:STEP")
        for values in product(*(axis.values or () for axis in self.axes)):
            yield dict(zip(self.names, values, strict=True))

    def draws(self, seed: int, count: int) -> Iterator[Parameters]:
        """So many different combinations; the whole grid where there are no more than that."""
        if self.size is not None and self.size <= count:
            yield from self.grid()
        else:
            yield from islice(self._different(seed), count)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the axes."""
        return tuple(axis.name for axis in self.axes)

    def _different(self, seed: int) -> Iterator[Parameters]:
        seen, number = set[tuple[Value, ...]](), 0
        while True:
            values = tuple(axis.at(share(seed, number, axis.name)) for axis in self.axes)
            number += 1
            if values not in seen:
                seen.add(values)
                yield dict(zip(self.names, values, strict=True))


def share(seed: int, number: int, name: str) -> float:
    """A share, 0 <= share < 1, that looks random and is derived: 53 bits of blake2b."""
    digest = blake2b(f"search|{seed}|{number}|{name}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / (1 << 53)


def space(given: Mapping[str, Any]) -> Space:
    """The space of axes by name: as text (see the module), or a list of values."""
    if not given:
        raise NoSpace("nothing to choose: name settings and values, --set rule.weight=1,2,3")
    return Space(tuple(axis(name, what) for name, what in given.items()))


def axis(name: str, given: Any) -> Axis:
    """One axis; NoSpace where it has no value, or one twice, or a range is the wrong way round."""
    if isinstance(given, str) and ":" in given:
        return _range(name, given)
    listed = given.split(",") if isinstance(given, str) else given
    if not isinstance(listed, list | tuple):
        raise NoSpace(f"{name}: write LOW:HIGH:STEP or a list of values")
    values = tuple(_value(each) for each in listed)
    if not values or "" in values or len({repr(each) for each in values}) < len(values):
        raise NoSpace(f"{name}={given}: a value is missing or is there twice")
    return Listed(name, values)


def _range(name: str, given: str) -> Axis:
    parts = given.split(":")
    log = len(parts) == 3 and parts[2] == "log"
    try:
        low, high, *rest = [Decimal(each) for each in (parts[:2] if log else parts)]
    except InvalidOperation:
        raise NoSpace(f"{name}={given} is no range: write LOW:HIGH:STEP") from None
    if len(rest) > 1 or not all(each.is_finite() for each in (low, high, *rest)) or low > high:
        raise NoSpace(f"{name}={given} is no range: write LOW:HIGH:STEP, the lowest first")
    if rest:
        if rest[0] <= 0 or (high - low) / rest[0] > MOST_STEPS:
            raise NoSpace(f"{name}={given}: a step is above 0, and there are at most {MOST_STEPS}")
        return Stepped(name, low, high, rest[0])
    if log and low <= 0:
        raise NoSpace(f"{name}={given}: a range by factors begins above 0")
    return Between(name, float(low), float(high), log)


def _value(given: Any) -> Value:
    if not isinstance(given, str):
        return given if isinstance(given, int | float | bool) else str(given)
    text = given.strip()
    if text in WORDS:
        return WORDS[text]
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else text
    return text


def told(values: Iterable[tuple[str, Value]]) -> str:
    """Parameters in one line."""
    return ", ".join(f"{name}={text(value)}" for name, value in values)


def text(value: Value) -> str:
    """A value as it is written in --set."""
    words = {True: "true", False: "false", None: "none"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
