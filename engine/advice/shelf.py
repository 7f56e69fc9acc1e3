"""Numbers that another one may be held against, and how likely it is that it fits by chance.

A number is given with its digits: 71.2 stands for 71.15 to 71.25. It fits a value in that span. A
short number fits something nearly always, so a fit alone shows nothing: of all numbers with as many
digits in its decade (900 with three, 9000 with four) only those count as shown of which at most a
`share` fit any value of the shelf.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

SLACK = 1e-9
"""Of the half unit: what binary floats lose."""


class Number(NamedTuple):
    """A number as it is written, without its sign. place: power of ten of its last digit."""

    value: Decimal
    place: int

    @classmethod
    def of(cls, text: str) -> Number:
        """Of decimal text, maybe with an exponent; ArithmeticError if it is none."""
        value = abs(Decimal(text))
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int):
            raise ArithmeticError(f"{text} is no finite number")
        return cls(value, exponent)

    def scaled(self, power: int) -> Number:
        """The same, times a power of ten."""
        return Number(self.value.scaleb(power), self.place + power)

    @property
    def digits(self) -> int:
        """From the first that is no zero to the last that is written; 0 of a zero."""
        return self.value.adjusted() - self.place + 1 if self.value else 0

    def near(self, value: float) -> bool:
        """Whether the value rounds to it."""
        return abs(value - float(self.value)) <= 0.5 * 10.0**self.place * (1 + SLACK)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Values in order, no sign and no zero among them. share: see above."""

    values: tuple[float, ...]
    share: float
    _taken: dict[tuple[int, int], float] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, values: Iterable[float], share: float) -> Shelf:
        """Of values of any order and sign."""
        return cls(tuple(sorted({abs(value) for value in values if value})), share)

    def shows(self, number: Number) -> bool:
        """Whether the number fits a value, and hardly by chance."""
        if not number.digits:
            return False
        half = 0.5 * 10.0**number.place * (1 + SLACK)
        middle = float(number.value)
        at = bisect_left(self.values, middle - half)
        fits = at < len(self.values) and self.values[at] <= middle + half
        return fits and self.taken(number) <= self.share

    def taken(self, number: Number) -> float:
        """The share of the numbers of its decade and digits that fit a value."""
        decade = number.value.adjusted()
        key = decade, number.place
        if key not in self._taken:
            low = bisect_left(self.values, 10.0**decade)
            high = bisect_right(self.values, 10.0 ** (decade + 1))
            unit = 10.0**number.place
            cells = {round(value / unit) for value in self.values[low:high]}
            self._taken[key] = len(cells) / (9 * 10.0 ** (decade - number.place))
        return self._taken[key]
