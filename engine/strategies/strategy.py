"""A strategy: the markets it looks at, the advisors it asks, and how it decides on their votes."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from engine.strategies.advisor import Advisor
from engine.strategies.ensemble import DecisionSettings
from schemas.record import symbol_of


@dataclass(frozen=True, slots=True)
class Strategy:
    """markets: patterns of symbols or keys, "*" and "?" as in a shell: "*" all, "BTC/*", or exact
    keys like "binance:BTC/USDT". advisors: in the order of their names.
    """

    name: str
    advisors: tuple[Advisor[Any], ...]
    settings: DecisionSettings = field(default_factory=DecisionSettings)
    markets: tuple[str, ...] = ("*",)

    def looks_at(self, key: str) -> bool:
        """True for a market, `venue:symbol`, that one of the patterns is of."""
        symbol = symbol_of(key)
        return any(
            fnmatchcase(symbol, pattern) or fnmatchcase(key, pattern) for pattern in self.markets
        )
