"""The numbers that a text mentions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from engine.advice.shelf import Number

FAR = 30
"""Powers of ten beyond which a number is no figure of a market."""
_NUMBER = re.compile(
    r"(?P<digits>(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?P<power>[eE][-+]?[0-9]+)?"
    r"(?P<unit>\s?(?:%|percent\b|bps?\b|basis points?\b|[kK]\b|[mM]illion\b|[mM]n\b))?"
)
_SCALES = {"%": -2, "p": -2, "b": -4, "k": 3, "m": 6}
"""Powers of ten of units, by their first letter."""


class Mention(NamedTuple):
    """A number in a text. text: as it stands there, without its unit; numbers: what it may stand
    for, itself and as its unit has it; none of what is no number of a market.
    """

    text: str
    numbers: tuple[Number, ...]


def mentions(text: str) -> Iterator[Mention]:
    """All numbers of a text, in order; such in other scripts and forms (½, ６, Ⅳ) as no number."""
    for sign in text:
        if not sign.isascii() and unicodedata.category(sign)[0] == "N":
            yield Mention(sign, ())
    for found in _NUMBER.finditer(text):
        written = found["digits"] + (found["power"] or "")
        yield Mention(written[:40], _numbers(written, found["unit"]))


def _numbers(written: str, unit: str | None) -> tuple[Number, ...]:
    try:
        number = Number.of(written.replace(",", ""))
    except ArithmeticError:
        return ()
    if len(written) > FAR or abs(number.value.adjusted()) > FAR:
        return ()
    if unit is None:
        return (number,)
    scaled = number.scaled(_SCALES[unit.strip()[0].lower()])
    return (scaled,) if scaled.value > number.value else (number, scaled)
