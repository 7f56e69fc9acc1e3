"""Frames read by one regular expression each, where they come in the form that is seen every day.

Checking a frame's numbers one by one takes longer than decoding it. An expression of the whole
frame, field after field in the venue's order, decodes and checks at once, and takes less than a
JSON parser does. It never says no: what is not plainly of the form (another order, blanks, a field
more, a number that is odd) is read in full by the channel's other reader, which alone refuses.
FULL holds what must agree: tests/unit/test_feeds_forms.py reads each frame both ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from engine.feeds.events import Event
from schemas.ticks import Level

Events = tuple[Event, ...]
Reader = Callable[[str], Events]
F = TypeVar("F")

NAME = r"[ !#-\[\]-~]*+"
"""Of a JSON text: ASCII without escapes."""
ID = r"(?:0|[1-9][0-9]{0,17}+)"
"""Below 2^63."""
MS = r"[1-8][0-9]{12}"
"""A time in ms from 2001 to 2255, so that its ns are below 2^63."""
MOMENT = r"([0-9-]{10}T[0-9:]{8})\.([0-9]{1,9}+)Z"
"""Two groups, for fields.moment."""
PRICE = r"(?:[1-9][0-9]{0,19}+(?:\.[0-9]{1,20}+)?+|0\.(?=0*+[1-9])[0-9]{1,20}+)"
"""Above zero, as engine.numbers.price_units; a JSON number too."""
TRADED = r"(?:[1-9][0-9]{0,19}+(?:\.[0-9]{1,18}+)?+|0\.(?=0*+[1-9])[0-9]{1,18}+)"
"""A quantity above zero, as engine.numbers.quantity_units; a JSON number too."""
AMOUNT = r"[0-9]{1,20}+(?:\.[0-9]{1,18}+)?+"
"""A quantity or price that may be zero, as a text."""
NUMBER = r"(?:0|[1-9][0-9]{0,19}+)(?:\.[0-9]{1,18}+)?+"
"""The same as a JSON number."""
SIDE = rf'\[(?:\["{PRICE}","{AMOUNT}"\],?+)*+\]'
"""A side of a book, pairs of texts; commas are left to `pairs`."""

ROW = rf'\["{PRICE}","{AMOUNT}"(?:,"[0-9.]*+")*+\]'
"""A level with more texts of digits behind it, as part of a side."""
ROWS = rf"\[(?:{ROW}(?:,{ROW})*+)?+\]"
"""A side of such."""

FULL: dict[Any, tuple[Callable[[str], re.Match[str] | None], Callable[[str], Any]]] = {}
"""By reader: what its form takes, and the reader of all else."""

pairs: Callable[[str], tuple[Level, ...]] = msgspec.json.Decoder(tuple[Level, ...]).decode
"""The levels of a SIDE; raises DecodeError where a comma is missing or too many."""

levels: Callable[[str], list[Level]] = re.compile(r'\["([0-9.]++)","([0-9.]++)').findall
"""The levels of ROWS."""


def quick(
    form: str, make: Callable[..., Events | None], full: Callable[[str], F]
) -> Callable[[str], Events | F]:
    """Reads frames of the form, whose groups are given to `make`, and hands all others to `full`.

    make gives None for what is not plain after all, and may raise what `full` raises.
    """
    match = re.compile(form).fullmatch

    def read(text: str) -> Events | F:
        found = match(text)
        if found is not None and (events := make(*found.groups())) is not None:
            return events
        return full(text)

    FULL[read] = match, full
    return read
