"""What an advisor is shown of a market: frozen, with the times of all of it, as canonical JSON.

Nothing in it is younger than `now`. Prices are decimal strings as the venue sent them, derived
figures have SHORT significant digits: an advisor needs no more, and each digit is paid for.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

from engine.advice.texts import Text
from schemas.record import Message
from schemas.ticks import BookState

SHORT = 6
"""Significant digits of derived figures."""
VERSION = 1


class Fact(Message):
    """A figure of its own time (ns)."""

    time: int
    value: str


class BarRow(Message):
    """A closed bar; time: when it closed, ns."""

    time: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    vwap: str


class Position(Message):
    """What an account holds of the market, and its limits in use; money in quote."""

    account: str
    time: int
    quantity: str = "0"
    entry: str | None = None
    unrealised: str = "0"
    stop: str | None = None
    target: str | None = None
    equity: str | None = None
    exposure: str | None = None
    day_start: str | None = None
    peak: str | None = None


class Briefing(Message):
    """now: the market's time, ns; signal: id of the signal it rests on; time: of that signal.

    bid, ask: best prices of the book; atr: in quote. None while there is none.
    interval: of the bars, oldest first. indicators, micro, features: by name, as the signal has
    them; indicators_time: the close of the bar that they are of. scores: what rules say.
    funding, open_interest and what else a venue tells: `facts`, each with its time.
    texts: hostile (engine.advice.texts); no number in them grounds anything.
    """

    v: int = VERSION
    venue: str
    symbol: str
    now: int
    signal: str
    time: int
    book: BookState = BookState.NONE
    bid: str | None = None
    bid_quantity: str | None = None
    ask: str | None = None
    ask_quantity: str | None = None
    last: str | None = None
    atr: float | None = None
    interval: str = ""
    bars: tuple[BarRow, ...] = ()
    indicators_time: int | None = None
    indicators: dict[str, float] = {}
    micro: dict[str, float] = {}
    features: dict[str, float] = {}
    scores: tuple[str, ...] = ()
    facts: dict[str, Fact] = {}
    position: Position | None = None
    texts: tuple[Text, ...] = ()

    @property
    def canonical(self) -> str:
        """The one JSON text of it: names in order, no spaces."""
        return canonical(self.model_dump(mode="json"))

    @property
    def digest(self) -> str:
        """blake2b of the canonical JSON, 32 hex digits."""
        return digest(self.canonical)


def canonical(value: Any) -> str:
    """JSON with names in order and without spaces."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def digest(text: str) -> str:
    """blake2b of a text's bytes, 32 hex digits."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def short(value: float) -> float:
    """A derived figure to SHORT significant digits."""
    return float(f"{value:.{SHORT - 1}e}")


def figures(values: dict[str, float | None]) -> dict[str, float]:
    """Those that are there, short."""
    return {name: short(value) for name, value in sorted(values.items()) if value is not None}
