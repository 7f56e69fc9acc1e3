"""What an account has traded by UTC day and kind of contract: what fee tiers go by.

    traded(day) = sum of quote value of its fills in the 30 UTC days before that day

Today does not count: venues look once a day, after midnight (Binance: binance.com/en/fee/schedule,
at second hand). So it does not matter in which order an account's markets are followed within a
day. Quotes count as one money, at par.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.costs import EXACT, text
from engine.margin import ZERO, Terms
from engine.spans import DAY
from schemas.instruments import Kind
from schemas.orders import Contract

WINDOW = 30
"""Days."""


class Volume:
    """Quote by (kind, day since 1970); exact. Cost: O(WINDOW), in time and space."""

    def __init__(self) -> None:
        self.days: dict[tuple[Kind, int], Decimal] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Volume) and self.days == other.days

    def add(self, at: int, contract: Contract, price: Decimal, quantity: Decimal) -> None:
        """Count a fill; days that nobody asks for any more are forgotten."""
        today = at // DAY
        key = contract.kind, today
        worth = Terms.of(contract).notional(price, quantity)
        if key not in self.days:
            self.days = {one: was for one, was in self.days.items() if one[1] >= today - WINDOW}
        self.days[key] = EXACT.add(self.days.get(key, ZERO), worth)

    def before(self, at: int, kind: Kind) -> Decimal:
        """Quote traded in the 30 days before the day of a time."""
        today, total = at // DAY, ZERO
        for (each, day), worth in self.days.items():
            if each is kind and today - WINDOW <= day < today:
                total = EXACT.add(total, worth)
        return total

    def dump(self) -> Any:
        """As JSON values."""
        return [[kind.value, day, text(worth)] for (kind, day), worth in self.days.items()]

    @classmethod
    def load(cls, rows: Any) -> Volume:
        """What `dump` gave."""
        volume = cls()
        volume.days = {(Kind(kind), day): Decimal(worth) for kind, day, worth in rows}
        return volume
