"""Replies that repeat the request's own numbers, as a model does that reads what it is shown.

`{{bid}}` is the first value that the request gives by that name, as in `"bid": "61700.5"`; sums and
products with a number are worked out: `{{bid - 2*atr}}`; `{{bid - 2*atr : 1}}` has one digit.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

HOLE = re.compile(r"\{\{\s*([^{}:]+?)\s*(?::\s*(\d+)\s*)?\}\}")
TERM = re.compile(r"([+-]?)\s*(?:(\d+(?:\.\d+)?)\s*\*\s*)?([A-Za-z_]\w*|\d+(?:\.\d+)?)\s*")


def filled(text: str, prompt: str) -> str:
    """The reply with its holes filled; ValueError where the request has no such name."""
    return HOLE.sub(lambda hole: _value(hole[1], hole[2], prompt), text)


def _value(words: str, digits: str | None, prompt: str) -> str:
    if re.fullmatch(r"[A-Za-z_]\w*", words) and digits is None:
        return named(words, prompt)
    total, place = Decimal(0), 0
    while place < len(words):
        term = TERM.match(words, place)
        if term is None:
            raise ValueError(f"a hole of a reply cannot be read: {words!r}")
        sign, factor, name = term.groups()
        worth = Decimal(name if name[0].isdigit() else named(name, prompt))
        total += worth * Decimal(factor or 1) * (-1 if sign == "-" else 1)
        place = term.end()
    if digits is not None:
        total = total.quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_EVEN)
    return format(total, "f")


def named(name: str, prompt: str) -> str:
    """The first value by that name in the request's JSON, as it is written there."""
    found = re.search(rf'"{re.escape(name)}"\s*:\s*(?:"([^"]*)"|(-?[0-9.eE+-]+))', prompt)
    if found is None:
        raise ValueError(f"the request names no {name!r}")
    return found[1] if found[1] is not None else found[2]
