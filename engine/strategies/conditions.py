"""Conditions over published values: read from text, written as text, judged bar by bar.

    rsi < 30                                   a value and a number, or two values
    close > ema_slow + 0.5 atr                 beyond a value by so many ATR, or by a share: - 2 %
    close > highest(close, 20)                 of the 20 bars before this one; lowest, before
    ema_fast crosses above ema_slow            at or below at the last bar, above at this one
    rsi < 30 for 3 bars                        at this bar and the two before it
    {"all": [..]}, {"any": [..]}, {"not": ..}  of conditions, to a bounded depth

Nothing of a text is ever run: it is matched by one expression, and what it names is looked up in a
table. Truth has three values (Kleene, Introduction to Metamathematics, 1952, section 64): while a
value is not known, what rests on it is neither true nor false, and `not` makes nothing true of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, Literal

from engine.indicators import rounded
from engine.strategies.published import Unknown, room_of

DEPTH, WIDTH, ATOMS = 4, 8, 32
"""Groups within groups; conditions of one group; comparisons of one declaration."""

LONGEST, MOST_BARS = 120, 200
"""Characters of one comparison; bars that one looks back on, as many as the signals' window."""

Truth = bool | None
Over = Literal["", "highest", "lowest", "before"]
Find = Callable[["Value"], float | None]


class BadCondition(ValueError):
    """What is no condition, in one line."""


@dataclass(frozen=True, slots=True)
class Value:
    """A published value: of this bar, or over so many bars before it."""

    name: str
    over: Over = ""
    bars: int = 0

    def __str__(self) -> str:
        return f"{self.over}({self.name}, {self.bars})" if self.over else self.name


Operand = Value | float


@dataclass(frozen=True, slots=True)
class Comparison:
    """left and right as `sign` says, for so many bars; right moved by `away` in ATR or percent."""

    left: Operand
    sign: str
    right: Operand
    away: float = 0.0
    unit: str = ""
    bars: int = 1

    def __str__(self) -> str:
        away = f" {'-' if self.away < 0 else '+'} {plain(abs(self.away))} {self.unit}"
        lasts = f" for {self.bars} bars" if self.bars > 1 else ""
        sides = (each if isinstance(each, Value) else plain(each)
                 for each in (self.left, self.right))  # fmt: skip
        return f" {self.sign} ".join(map(str, sides)) + (away if self.unit else "") + lasts

    @property
    def values(self) -> Iterator[Value]:
        """The values that it reads."""
        yield from (each for each in (self.left, self.right) if isinstance(each, Value))
        if self.unit == "atr":
            yield Value("atr")

    def gap(self, find: Find) -> int | None:
        """1 where left is above right, 0 at it, -1 below; None where one is not known."""
        left, right = (find(each) if isinstance(each, Value) else each
                       for each in (self.left, self.right))  # fmt: skip
        scale = find(Value("atr")) if self.unit == "atr" else 1.0
        if left is None or right is None or scale is None:
            return None
        if self.unit == "%":
            scale = right / 100
        bound = rounded(right + self.away * scale)
        return (left > bound) - (left < bound)

    def judge(self, gap: int | None, mark: int | None) -> tuple[Truth, int | None]:
        """Whether it holds, and its mark from now on: of a crossing the gap at the last bar, else
        for how many bars it has held."""
        if self.sign in CROSSINGS:
            if gap is None or mark is None:
                return None, gap
            way = CROSSINGS[self.sign]
            return gap * way > 0 and mark * way <= 0, gap
        if gap is None:
            return None, 0
        lasted = min((mark or 0) + 1, self.bars) if SIGNS[self.sign](gap) else 0
        return lasted >= self.bars, lasted


@dataclass(frozen=True, slots=True)
class Group:
    """All, any, or not, of conditions."""

    word: Literal["all", "any", "not"]
    of: tuple[Condition, ...]


Condition = Comparison | Group

CROSSINGS: Mapping[str, int] = {"crosses above": 1, "crosses below": -1}
SIGNS: Mapping[str, Callable[[int], bool]] = {
    "<": lambda gap: gap < 0,
    "<=": lambda gap: gap <= 0,
    ">": lambda gap: gap > 0,
    ">=": lambda gap: gap >= 0,
}

_NUMBER = r"-?\d{1,12}(?:\.\d{1,12})?"
_SIDE = (
    rf"(?:{_NUMBER}|(?:highest|lowest|before)\( ?[a-z_0-9.]+ ?, ?\d{{1,3}} ?\)|[a-z_][a-z_0-9.]*)"
)
_ATOM = re.compile(
    rf"(?P<left>{_SIDE}) ?(?P<sign><=|>=|<|>| crosses above | crosses below ) ?(?P<right>{_SIDE})"
    rf"(?: ?(?P<way>[+-]) ?(?P<away>\d{{1,6}}(?:\.\d{{1,6}})?) ?(?P<unit>atr|%))?"
    r"(?: for (?P<bars>\d{1,3}) bars?)?",
    re.ASCII,
)
_OVER = re.compile(r"(highest|lowest|before)\( ?([a-z_0-9.]+) ?, ?(\d{1,3}) ?\)", re.ASCII)


def read(given: Any, depth: int = 0) -> Condition:
    """A condition from its text, or from a table of one word; BadCondition, in one line."""
    if isinstance(given, Comparison | Group):
        return given
    if isinstance(given, str):
        return _atom(given)
    if depth >= DEPTH:
        raise BadCondition(f"groups are at most {DEPTH} deep")
    if not isinstance(given, Mapping) or len(given) != 1:
        raise BadCondition('a condition is text, as "rsi < 30", or one of all, any, not')
    ((word, of),) = given.items()
    if word == "not":
        return Group("not", (read(of, depth + 1),))
    if word not in ("all", "any"):
        raise BadCondition(f"{_short(word)} is none of all, any, not")
    if not isinstance(of, list | tuple) or not 1 <= len(of) <= WIDTH:
        raise BadCondition(f"{word} is of a list of 1 to {WIDTH} conditions")
    return Group(word, tuple(read(each, depth + 1) for each in of))


def written(condition: Condition) -> Any:
    """The condition as JSON values, which `read` makes the same of."""
    if isinstance(condition, Comparison):
        return str(condition)
    if condition.word == "not":
        return {"not": written(condition.of[0])}
    return {condition.word: [written(each) for each in condition.of]}


def atoms(condition: Condition) -> Iterator[Comparison]:
    """Its comparisons, in the order in which they are written."""
    if isinstance(condition, Comparison):
        yield condition
    else:
        for each in condition.of:
            yield from atoms(each)


def truth(condition: Condition, told: Iterator[Truth]) -> Truth:
    """Of a condition whose comparisons are `told`, in their order."""
    if isinstance(condition, Comparison):
        return next(told)
    parts = [truth(each, told) for each in condition.of]
    if condition.word == "not":
        return None if parts[0] is None else not parts[0]
    settles = condition.word == "any"
    if settles in parts:
        return settles
    return None if None in parts else not settles


def plain(number: float) -> str:
    """A number as it is written: no exponent, no zeros at its end."""
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _atom(text: str) -> Comparison:
    if len(text) > LONGEST:
        raise BadCondition(f"a comparison has at most {LONGEST} characters")
    found = _ATOM.fullmatch(re.sub(r"\s+", " ", text).strip(" "))
    if found is None:
        raise BadCondition(
            f"{_short(text)} is no comparison: write it as rsi < 30, close > ema_slow + 0.5 atr, "
            "close > highest(close, 20), or ema_fast crosses above ema_slow"
        )
    left, right = _side(found["left"]), _side(found["right"])
    if not isinstance(left, Value) and not isinstance(right, Value):
        raise BadCondition(f"{_short(text)} compares two numbers")
    sign, bars = found["sign"].strip(), int(found["bars"] or 1)
    if not 1 <= bars <= MOST_BARS or (sign in CROSSINGS and bars > 1):
        raise BadCondition(f"{_short(text)}: for 1 to {MOST_BARS} bars, a crossing for one")
    away = float((found["way"] or "") + (found["away"] or "0")) + 0.0
    return Comparison(left, sign, right, away, found["unit"] or "", bars)


def _side(text: str) -> Operand:
    if re.fullmatch(_NUMBER, text, re.ASCII):
        number = float(text) + 0.0
        assert isfinite(number), "twelve digits are"
        return number
    over = _OVER.fullmatch(text)
    name = over[2] if over else text
    try:
        room_of(name)
    except Unknown as error:
        raise BadCondition(str(error)) from None
    if over is None:
        return Value(name)
    if not 1 <= int(over[3]) <= MOST_BARS:
        raise BadCondition(f"{text} looks back on 1 to {MOST_BARS} bars")
    return Value(name, over[1], int(over[3]))  # type: ignore[arg-type]  # matched


def _short(given: Any) -> str:
    text = str(given)[:60]
    return repr(text if len(str(given)) <= 60 else f"{text[:57]}...")
