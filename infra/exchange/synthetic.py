"""A seeded market: makers quote a ladder around a price that walks, takers trade against it.

The same seed and number of steps give the same orders, whatever the machine and its clock.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from engine.matching.codes import BUY, SELL
from infra.exchange.accounts import Account, Key
from infra.exchange.house import House
from infra.exchange.listing import Market, money_units
from infra.exchange.orders import Order, Type, Wish
from schemas.instruments import Kind

LEVELS = 20
WORTH = money_units("20000")
"""What a level displays, about, in the quote."""
MONEY = money_units("500000000")
VOLATILITY = 0.00005
"""Standard deviation of a step of the price."""
TAKES = 0.4
"""Chance of a taker in a step of a market."""


@dataclass(slots=True)
class Quoted:
    """A market that is made: where its price is, and the orders around it by (side, level)."""

    market: Market
    price: float
    orders: dict[tuple[int, int], Order] = field(default_factory=dict)


class Synthetic:
    """Makers and takers of some markets of a house."""

    def __init__(self, house: House, seed: int, markets: tuple[Market, ...] | None = None) -> None:
        self.house = house
        self._chance = random.Random(seed)
        self._made = 0
        self.maker, self.taker = self._account("maker"), self._account("taker")
        found = markets or house.listing.markets
        self.quoted = [Quoted(each, float(each.ladder.reference)) for each in found]
        for each in self.quoted:
            self._quote(each)

    def _account(self, name: str) -> Account:
        markets = self.house.listing.markets
        spot = any(market.record.kind is Kind.SPOT for market in markets)
        assets = self.house.listing.assets if spot else {market.settle for market in markets}
        money = {asset: MONEY for asset in sorted(assets)}
        return self.house.open(Key(f"synthetic-{name}", ""), money, keeps=False)

    def step(self) -> None:
        """The price of each market walks, its makers follow it, and maybe somebody takes."""
        for each in self.quoted:
            walked = each.price * (1 + self._chance.gauss(0, VOLATILITY))
            low, high = each.market.ladder.lowest * 1.5, each.market.ladder.highest / 1.5
            each.price = min(max(walked, low), high)
            self._quote(each)
            if self._chance.random() < TAKES:
                self._take(each)

    def _quote(self, quoted: Quoted) -> None:
        """Each level is where it should be, as large as it should be."""
        step = max(1, round(quoted.price * 0.00002))
        for level in range(LEVELS):
            for side in (BUY, SELL):
                away = step * level + 1
                price = round(quoted.price) - away if side == BUY else round(quoted.price) + away
                self._level(quoted, side, level, price)
        if quoted.market.record.kind is not Kind.SPOT:
            self.house.mark(quoted.market, round(quoted.price))

    def _level(self, quoted: Quoted, side: int, level: int, price: int) -> None:
        order = quoted.orders.get((side, level))
        if order is not None and order.status.live:
            if order.price == price:
                return
            self.house.cancel(order)
        per_lot = max(1, quoted.market.worth(price, 1))
        lots = max(1, round(WORTH * (0.5 + self._chance.random()) / per_lot))
        made = self._place(self.maker, quoted.market, side, Type.LIMIT, lots, price)
        if isinstance(made, Order):
            quoted.orders[side, level] = made

    def _take(self, quoted: Quoted) -> None:
        """A market order for a part of the best level."""
        side = self._chance.choice((BUY, SELL))
        best = self.house.books.depths[quoted.market.number].best(side == SELL)
        if best is not None:
            lots = max(1, round(best[1] * self._chance.random()))
            self._place(self.taker, quoted.market, side, Type.MARKET, lots, best[0])

    def _place(
        self, account: Account, market: Market, side: int, kind: Type, lots: int, price: int
    ) -> object:
        self._made += 1
        return self.house.place(account, Wish(market, side, kind, lots, price, f"s{self._made}"))
