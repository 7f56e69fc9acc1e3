"""What a market displays, price by price, with the ids of its updates."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice


@dataclass(slots=True)
class Side:
    """Lots by price, and the prices that have some, ascending."""

    lots: dict[int, int] = field(default_factory=dict)
    prices: list[int] = field(default_factory=list)

    def put(self, price: int, lots: int) -> None:
        """What is displayed at a price; nothing, or less, takes it away."""
        if lots > 0:
            if price not in self.lots:
                insort(self.prices, price)
            self.lots[price] = lots
        elif self.lots.pop(price, None) is not None:
            del self.prices[bisect_left(self.prices, price)]

    def items(self, descending: bool) -> Iterator[tuple[int, int]]:
        """Prices with lots."""
        prices = reversed(self.prices) if descending else iter(self.prices)
        return ((price, self.lots[price]) for price in prices)


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

    bids: Side = field(default_factory=Side)
    asks: Side = field(default_factory=Side)
    update: int = 0
    told: int = 0
    _touched: dict[tuple[bool, int], None] = field(default_factory=dict)

    def add(self, buys: bool, price: int, lots: int) -> None:
        """More, or with negative lots less, is displayed at a price."""
        side = self.bids if buys else self.asks
        side.put(price, side.lots.get(price, 0) + lots)
        self.update += 1
        self._touched[buys, price] = None

    def best(self, buys: bool) -> tuple[int, int] | None:
        """The best price of a side and what is there, None of an empty side."""
        side = self.bids if buys else self.asks
        return next(side.items(descending=buys), None)

    def mid(self) -> int | None:
        """Between the best prices in ticks, rounded down; None where a side is empty."""
        bid, ask = self.best(True), self.best(False)
        return (bid[0] + ask[0]) // 2 if bid and ask else None

    def top(self, limit: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The best levels of both sides, best first."""
        bids = islice(self.bids.items(descending=True), limit)
        return list(bids), list(islice(self.asks.items(descending=False), limit))

    def worst(self, buys: bool, lots: int, bound: int) -> int:
        """The price up to which an order must go to take so many lots, at most the bound."""
        side = self.asks if buys else self.bids
        for price, there in side.items(descending=not buys):
            if (price > bound) if buys else (price < bound):
                return bound
            lots -= there
            if lots <= 0:
                return price
        return bound

    def diff(self) -> Diff | None:
        """What changed since the last call; None of nothing."""
        if self.update == self.told:
            return None
        sides: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        for buys, price in self._touched:
            side = self.bids if buys else self.asks
            sides[0 if buys else 1].append((price, side.lots.get(price, 0)))
        found = Diff(self.told + 1, self.update, self.told, *sides)
        self.told = self.update
        self._touched.clear()
        return found
