"""What people and programs read: results on stdout, all else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from rich.console import Console, RenderableType

WIDTH = 140
"""Letters of a line where no terminal says how wide it is."""

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def line(value: Any) -> bytes:
    """One JSON object as a line."""
    return orjson.dumps(value, default=str, option=OPTIONS | orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True)
class Output:
    """Where a command speaks. `json`: objects a line on stdout, nothing else there."""

    json: bool = False

    @property
    def live(self) -> bool:
        """True when a person watches: a terminal, and no JSON was asked for."""
        return not self.json and sys.stdout.isatty()

    def object(self, value: Any) -> None:
        """Print one JSON object as a line, at once."""
        sys.stdout.write(line(value).decode())
        sys.stdout.flush()

    def lines(self, values: Iterable[Any]) -> None:
        """Print JSON objects in large pieces, for many of them; all that come before an error."""
        kept: list[str] = []
        try:
            for value in values:
                kept.append(line(value).decode())
                if len(kept) == 500:
                    sys.stdout.write("".join(kept))
                    kept.clear()
        finally:
            sys.stdout.write("".join(kept))
            sys.stdout.flush()

    def show(self, what: RenderableType) -> None:
        """Print for people; nothing when JSON was asked for."""
        if not self.json:
            console().print(what)

    def note(self, text: str) -> None:
        """Tell on stderr what is going on."""
        Console(stderr=True).print(plain(text), highlight=False, markup=False, soft_wrap=True)


def plain(text: str) -> str:
    """What somebody else may have written, without letters that a terminal obeys."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")


def console() -> Console:
    """stdout for people; as wide as a line may get where no terminal says how wide it is."""
    return Console() if sys.stdout.isatty() else Console(width=WIDTH, highlight=False)
