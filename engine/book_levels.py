"""One side of a book, made for many changes and few looks.

A depth update changes tens of levels, most of them at prices that were there before, and is looked
at once, if at all. So a change only overwrites the level at its price, and a level that is taken
away stays with its quantity of zero. Prices are put in order when somebody looks: those that were
never there before are the last of the dictionary, which keeps the order of insertion. What has gone
is thrown out when it is the most of what is kept, and at the ends, where the best price is looked
for. Cost: O(changes) in C, then O(log levels) a new price.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from itertools import compress, islice
from operator import itemgetter

from engine.numbers import price_units, quantity_units
from schemas.ticks import Level

SPARE = 1000
"""Levels that may have gone and still be kept, whatever there is of others."""
FEW = 50
"""So many new prices are put in their places one by one; of more the whole is sorted again."""


class Levels:
    """Levels as received, by integer price."""

    def __init__(self, levels: tuple[Level, ...] = ()) -> None:
        self._known: dict[int, Level] = {}
        self._order: list[int] = []
        self._most = SPARE
        if levels:
            self.apply(levels)

    @property
    def rows(self) -> dict[int, Level]:
        """All levels that there are, by integer price; a copy."""
        return {price: level for price, level in self._known.items() if quantity_units(level[1])}

    def apply(self, changes: tuple[Level, ...]) -> None:
        """Set each level's quantity; zero removes it, and a missing one is removed in peace.

        Raises Poison, with nothing changed, for what is no price or quantity.
        """
        if changes:
            prices, quantities = zip(*changes, strict=True)
            self._put([*map(price_units, prices)], [*map(quantity_units, quantities)], changes)

    def _put(self, prices: list[int], quantities: list[int], changes: tuple[Level, ...]) -> None:
        self._known.update(zip(prices, changes, strict=True))
        if len(self._known) > self._most:
            self._known = self.rows
            self._order = sorted(self._known)
            self._most = 2 * len(self._known) + SPARE

    def prices(self) -> list[int]:
        """Every price in ascending order, also of levels that have gone. Not to be changed."""
        known, order = self._known, self._order
        new = len(known) - len(order)
        if 0 < new <= FEW:
            for price in islice(reversed(known), new):
                insort(order, price)
        elif new:
            order.extend(islice(reversed(known), new))
            order.sort()
        return order

    def best(self, *, highest: bool) -> Level | None:
        """The level at one end as received, None without any."""
        known, order = self._known, self.prices()
        while order:
            price = order[-1] if highest else order[0]
            level = known[price]
            if quantity_units(level[1]):
                return level
            del known[price], order[-1 if highest else 0]
        return None

    def at(self, price: int) -> int:
        """Quantity in 10^-18 at an integer price, 0 where there is no level."""
        level = self._known.get(price)
        return 0 if level is None else quantity_units(level[1])

    def top(self, depth: int, *, highest: bool) -> list[Level]:
        """At most `depth` levels as received, from the highest or the lowest on."""
        found: list[Level] = []
        known, order = self._known, self.prices()
        for price in reversed(order) if highest else order:
            level = known[price]
            if quantity_units(level[1]):
                found.append(level)
                if len(found) >= depth:
                    break
        return found

    def cut(self, depth: int, *, highest: bool) -> None:
        """Keep the best `depth` levels only."""
        if len(self._known) <= depth:
            return
        found = self.top(len(self._known), highest=highest)
        self.apply(tuple((price, "0") for price, _ in found[depth:]))

    def ascending(self) -> list[Level]:
        """All levels that there are, by price."""
        levels = list(map(self._known.__getitem__, self.prices()))
        return list(compress(levels, map(quantity_units, map(itemgetter(1), levels))))

    def walk(self, *, highest: bool) -> Iterator[tuple[int, Level]]:
        """Integer prices with their levels as of now, from the highest or the lowest on."""
        self.best(highest=highest)  # what has gone at that end is thrown out
        known, order = self._known, self.prices()
        for price in order[::-1] if highest else order[:]:
            level = known.get(price)
            if level is not None and quantity_units(level[1]):
                yield price, level
