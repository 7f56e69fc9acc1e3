"""What positions come to in one money, in sums that can be added up; and how far they had come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from engine.costs import EXACT

ZERO = Decimal(0)


class Figures(NamedTuple):
    """Money in quote, and counts. Of a position, a strategy or an account."""

    realised: Decimal = ZERO
    unrealised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    exposure: Decimal = ZERO
    initial: Decimal = ZERO
    maintenance: Decimal = ZERO
    positions: int = 0
    fills: int = 0
    closed: int = 0
    won: int = 0
    returned: Decimal = ZERO

    @classmethod
    def sum(cls, rows: Iterable[Figures]) -> Figures:
        """Each figure summed; exact within `localcontext(EXACT)`, which the caller sets."""
        kept = list(rows)
        if len(kept) == 1:
            return kept[0]
        return cls._make(map(sum, zip(*kept, strict=True))) if kept else cls()

    @property
    def net(self) -> Decimal:
        """Quote won in all, open positions at their marks: after fees and funding."""
        won = EXACT.add(self.realised, self.unrealised)
        return EXACT.subtract(won, EXACT.add(self.fees, self.funding))


@dataclass(slots=True)
class Progress:
    """A worth over time: where its UTC day (ns) began, and its highest so far."""

    day: int
    day_start: Decimal
    peak: Decimal

    def begin(self, day: int, worth: Decimal) -> None:
        """Begin a day with the worth so far."""
        self.day, self.day_start = day, worth

    def reach(self, worth: Decimal) -> None:
        """Remember a worth if it is the highest."""
        self.peak = max(self.peak, worth)
