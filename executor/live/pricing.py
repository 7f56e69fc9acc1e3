"""The market's price from market.ticks, for protection that is watched by us and for marks.

Of each market the latest record is kept as it came, and read when somebody asks. Cost: one
dictionary entry a record; decoding for the symbols of positions only.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from engine.costs import EXACT, text
from schemas.codec import HEAD, decode
from schemas.errors import Poison
from schemas.record import symbol_of, venue_of
from schemas.ticks import Ticks

LEFT = frozenset(("books", "fundings", "quotes", "notices", "bars"))
"""Fields of a ticks record that nobody here looks at."""

Hear = Callable[[str, str, int], None]
"""(symbol, price, ns) of a market that is watched."""


class Prices:
    """Of one venue. watched: symbols of which each price is told; hear: to whom."""

    def __init__(self, venue: str, watched: Callable[[str], bool], hear: Hear) -> None:
        self._venue, self._watched, self._hear = venue, watched, hear
        self._latest: dict[str, bytes] = {}

    def take(self, value: bytes) -> None:
        """A record of market.ticks; what cannot be read is passed over (its stage says so)."""
        head = HEAD.match(value)
        key = head[4].decode() if head else ""
        if not key or venue_of(key) != self._venue:
            return
        symbol = symbol_of(key)
        self._latest[symbol] = value
        if self._watched(symbol) and (ticks := _read(value)) is not None:
            price = _traded(ticks) or _mid(ticks)
            if price is not None:
                self._hear(symbol, price, ticks.seen_time)

    def mid(self, symbol: str) -> str | None:
        """Between the best bid and ask, in quote; None where there is no book."""
        value = self._latest.get(symbol)
        ticks = None if value is None else _read(value)
        return None if ticks is None else _mid(ticks)


def _read(value: bytes) -> Ticks | None:
    try:
        return decode(Ticks, value, LEFT)
    except Poison:
        return None


def _traded(ticks: Ticks) -> str | None:
    return ticks.trades.price[-1] if len(ticks.trades) else None


def _mid(ticks: Ticks) -> str | None:
    if ticks.bid is None or ticks.ask is None:
        return None
    best = EXACT.add(Decimal(ticks.bid[0]), Decimal(ticks.ask[0]))
    return text(EXACT.divide(best, Decimal(2)))
