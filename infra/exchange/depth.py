"""What a market displays, price by price, with the ids of its updates."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

from sortedcontainers import SortedDict


@dataclass(slots=True)
class Diff:
    """Prices that changed, with what is there now; the updates first to last, and the one before
    the first of this diff."""

    first: int
    last: int
    before: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]


@dataclass(slots=True)
class Depth:
    """Lots by price in ticks. update: counts changes of a level from 1."""

    bids: SortedDict = field(default_factory=SortedDict)
    asks: SortedDict = field(default_factory=SortedDict)
    update: int = 0
    told: int = 0
    best_update: int = 0
    _touched: dict[tuple[bool, int], None] = field(default_factory=dict)

    def add(self, buys: bool, price: int, lots: int) -> None:
        """More, or with negative lots less, is displayed at a price."""
        side = self.bids if buys else self.asks
        left = side.get(price, 0) + lots
        if left > 0:
            side[price] = left
        else:
            side.pop(price, None)
        self.update += 1
        self._touched[buys, price] = None

    def best(self, buys: bool) -> tuple[int, int] | None:
        """The best price of a side and what is there, None of an empty side."""
        side = self.bids if buys else self.asks
        if not side:
            return None
        price, lots = side.peekitem(-1 if buys else 0)
        return price, lots

    def mid(self) -> int | None:
        """Between the best prices in ticks, rounded down; None where a side is empty."""
        bid, ask = self.best(True), self.best(False)
        return (bid[0] + ask[0]) // 2 if bid and ask else None

    def top(self, limit: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The best levels of both sides, best first."""
        bids = list(islice(reversed(self.bids.items()), limit))
        return bids, list(islice(self.asks.items(), limit))

    def worst(self, buys: bool, lots: int, bound: int) -> int:
        """The price up to which an order must go to take so many lots, at most the bound."""
        side = self.asks.items() if buys else reversed(self.bids.items())
        for price, there in side:
            if (price > bound) if buys else (price < bound):
                return bound
            lots -= there
            if lots <= 0:
                return int(price)
        return bound

    def diff(self) -> Diff | None:
        """What changed since the last call; None of nothing."""
        if self.update == self.told:
            return None
        sides: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        for buys, price in self._touched:
            side = self.bids if buys else self.asks
            sides[0 if buys else 1].append((price, side.get(price, 0)))
        found = Diff(self.told + 1, self.update, self.told, *sides)
        self.told = self.update
        self._touched.clear()
        return found
