"""A strategy: the markets it looks at, the advisors it asks, and how it decides on their votes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from engine.strategies.advisor import Advisor
from engine.strategies.ensemble import DecisionSettings
from engine.strategies.limits import LossLimit
from schemas.record import symbol_of


@dataclass(frozen=True, slots=True)
class Strategy:
    """markets: patterns of symbols or keys, "*" and "?" as in a shell: "*" all, "BTC/*", or exact
    keys like "binance:BTC/USDT". advisors: in the order of their names. limits: of their losses, by
    name.
    """

    name: str
    advisors: tuple[Advisor[Any], ...]
    settings: DecisionSettings = field(default_factory=DecisionSettings)
    markets: tuple[str, ...] = ("*",)
    limits: Mapping[str, LossLimit] = field(default_factory=dict)

    def looks_at(self, key: str) -> bool:
        """True for a market, `venue:symbol`, that one of the patterns is of."""
        symbol = symbol_of(key)
        return any(
            fnmatchcase(symbol, pattern) or fnmatchcase(key, pattern) for pattern in self.markets
        )

    def books(self, market: str) -> tuple[str, ...]:
        """The symbols whose books over venues its advisors ask for at a market, in order."""
        asked = {symbol for advisor in self.advisors for symbol in advisor.books(market)}
        return tuple(sorted(asked))

    def advice(self, market: str) -> tuple[str, ...]:
        """The advisors on ai.advice whose opinions its own ask for at a market, in order."""
        asked = {name for advisor in self.advisors for name in advice_of(advisor, market)}
        return tuple(sorted(asked))


def advice_of(advisor: Advisor[Any], market: str) -> tuple[str, ...]:
    """Whose opinions on ai.advice it asks for at a market."""
    asked = getattr(advisor, "advice", None)
    given: tuple[str, ...] = () if asked is None else asked(market)
    return given


def row_followed(advisor: Advisor[Any]) -> str:
    """The key of the row of control.state that it follows; "" where it follows none."""
    return str(getattr(advisor, "follows", ""))


def is_key(market: str) -> bool:
    """True for a market's whole key, `venue:symbol`; False for a symbol or a pattern."""
    venue, colon, symbol = market.partition(":")
    return bool(venue and colon and symbol) and "/" not in venue and not set("*?[") & set(market)
