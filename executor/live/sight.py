"""What one look at a venue has found that is not ours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from executor.venues.venue import VenueOrder, VenuePosition

Place = tuple[str, str]
"""Symbol and the venue's number of an order."""
Gap = tuple[Decimal, Decimal]
"""What is held at the venue, and what our executions add up to."""


@dataclass
class Sight:
    """What a look has found that is not ours. at: ns of the venue before it; gaps: held and own by
    symbol; gone: orders of no name that were taken over and rest no more.
    """

    at: int = 0
    orders: dict[Place, VenueOrder] = field(default_factory=dict)
    gaps: dict[str, Gap] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    positions: dict[str, VenuePosition] = field(default_factory=dict)

    @property
    def strange(self) -> bool:
        """Something is there."""
        return bool(self.orders or self.gaps or self.gone)

    def symbols(self) -> list[str]:
        """With orders or a position that are not ours."""
        return sorted({*(symbol for symbol, _ in self.orders), *self.gaps})

    def both(self, before: Sight) -> Sight:
        """What was so in the look before, too."""
        return replace(
            self,
            orders={
                place: one
                for place, one in self.orders.items()
                if place in before.orders and same(one, before.orders[place])
            },
            gaps={
                symbol: gap for symbol, gap in self.gaps.items() if before.gaps.get(symbol) == gap
            },
            gone=self.gone & before.gone,
        )


def same(one: VenueOrder, other: VenueOrder) -> bool:
    """As large, and as much of it filled."""
    pairs = (one.quantity, other.quantity), (one.filled, other.filled)
    return all(Decimal(now) == Decimal(then) for now, then in pairs)
