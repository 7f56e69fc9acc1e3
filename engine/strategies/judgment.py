"""What a strategy judges on, and what it says: Context -> Judgment."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from engine.selection import NO_ROWS, Rows
from engine.strategies.levels import NO_LEVELS, Levels
from schemas.advice import Opinion
from schemas.decisions import Direction, Forecast, Verdict, Vote
from schemas.signals import ConsolidatedBook, Signal

Books = Mapping[str, ConsolidatedBook]
NO_BOOKS: Books = MappingProxyType({})
NO_ADVICE: Mapping[str, Opinion] = MappingProxyType({})


class Context(NamedTuple):
    """All that a judgment may rest on beside the state of who judges.

    market: `venue:symbol`. now: the market's time in ns, by records. signal: the newest one.
    books: by symbol, of those that were asked for (`Judge.books`), the newest of no later time than
    `now`; one that has not come yet is missing.
    advice: by advisor on ai.advice, of those that were asked for (`Judge.advice`), the newest
    opinion of no later time than `now`; one that is void or has expired is missing.
    rows: of control.state, what people have selected of the models that seats follow, by key.
    """

    market: str
    now: int
    signal: Signal
    books: Books = NO_BOOKS
    advice: Mapping[str, Opinion] = NO_ADVICE
    rows: Rows = NO_ROWS

    def bar(self, *names: str) -> tuple[float, ...] | None:
        """Indicators by name where a bar has closed and all of them are known, else None."""
        if not self.signal.fresh:
            return None
        values = self.signal.indicators
        known = tuple([value for name in names if (value := values.get(name)) is not None])
        return known if len(known) == len(names) else None

    def mid(self, symbol: str) -> float | None:
        """The mid of a symbol's book over venues; None where it is not there or has one side."""
        book = self.books.get(symbol)
        if book is None or book.bid is None or book.ask is None:
            return None
        return (float(book.bid[0]) + float(book.ask[0])) / 2


class Judgment(NamedTuple):
    """A verdict, how sure (0 to 1), at which prices, and why; the rest as in a Vote."""

    verdict: Verdict
    confidence: float = 0.0
    levels: Levels = NO_LEVELS
    reasons: tuple[str, ...] = ()
    trend: Direction = "flat"
    risk: float | None = None
    forecast: Forecast | None = None

    def vote(self, name: str, weight: float) -> Vote:
        """As it is published, with who says it and how much that counts."""
        return Vote(
            advisor=name,
            verdict=self.verdict,
            confidence=self.confidence,
            weight=weight,
            trend=self.trend,
            entry=self.levels.entry,
            stop=self.levels.stop,
            target=self.levels.target,
            risk=self.risk,
            reasons=self.reasons,
            forecast=self.forecast,
        )


SILENT = Judgment(Verdict.HOLD)
"""Of one who has nothing to say."""
