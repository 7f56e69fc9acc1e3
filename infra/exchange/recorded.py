"""A recorded market as the liquidity of a house: its levels are orders of one account, its trades
are taken by another; clients trade with both.

A level is as many lots as the recording displays, in orders of their own time: what comes to a
level is behind the clients that were there, what goes was behind them as long as there is any
(the risk-averse queue of docs/execution.md), and recorded trades take from the front. What clients
have taken of a level is not there for the next, until the level is displayed with less than that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.book import Book
from engine.matching.codes import BUY, IOC, SELL
from engine.numbers import LADDER_DECIMALS, PRICE_DECIMALS, ladder_units, quantity_units
from infra.exchange.accounts import Account, Key
from infra.exchange.facts import Fact, Report, Trade
from infra.exchange.house import House
from infra.exchange.listing import Market, money_units
from infra.exchange.orders import Order, Type, Wish
from schemas.instruments import Kind

MONEY = money_units("2000000000")
SECOND = 1_000_000_000
FINER = 10 ** (PRICE_DECIMALS - LADDER_DECIMALS)
"""Units of a book's price in one of a ladder's."""
Level = tuple[bool, int]
"""Whether it is of bids, and its price in ticks."""


class Actors:
    """The accounts that a recording trades with: who is displayed, and who takes."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.maker, self.taker = self._account("maker"), self._account("taker")

    def swap(self) -> None:
        """The other way round, so that a recording that is played again closes its positions."""
        self.maker, self.taker = self.taker, self.maker

    def _account(self, name: str) -> Account:
        listing = self.house.listing
        spot = any(each.record.kind is Kind.SPOT for each in listing.markets)
        assets = listing.assets if spot else {each.settle for each in listing.markets}
        money = {asset: MONEY for asset in sorted(assets)}
        account = self.house.open(Key(f"recording-{name}", ""), money, keeps=False)
        for market in listing.markets:
            self.house.leverage(account, market, 1)
        return account


@dataclass(slots=True, eq=False)
class Recorded:
    """One market. shown: the recorded book; taken: lots that clients took of what is displayed."""

    house: House
    market: Market
    actors: Actors
    shown: Book = field(default_factory=Book)
    taken: dict[Level, int] = field(default_factory=dict)
    refused: int = 0
    built: bool = False
    _orders: dict[Level, list[Order]] = field(default_factory=dict)
    _traded: dict[Level, None] = field(default_factory=dict)
    _clients: dict[int, Order] = field(default_factory=dict)
    _taker: int = 0
    _taking: bool = False
    _made: int = 0
    _second: int = -1

    def __post_init__(self) -> None:
        self.house.hear(self._heard)

    def take(self, row: dict[str, Any]) -> None:
        """A row of engine.tick_rows: a book update, a trade, a mark price; others pass by."""
        if row["type"] == "book":
            self._book(row)
        elif row["type"] == "trade":
            self._trade(row)
        elif row["type"] == "funding":
            self.house.mark(self.market, ladder_units(row["mark"]) // self.market.ladder.tick)
        if row["seen_time"] // SECOND != self._second:
            self._second = row["seen_time"] // SECOND
            self._mark()

    def withdraw(self) -> None:
        """Take all that is displayed back: the recording is over."""
        for level in list(self._orders):
            self._fewer(level, self._there(level))
        self.shown, self.built = Book(), False
        for kept in (self.taken, self._orders, self._traded):
            kept.clear()

    def lots(self, level: Level) -> int:
        """What the recording displays at a level."""
        price = level[1] * self.market.ladder.tick * FINER
        units = self.shown.bids.at(price) if level[0] else self.shown.asks.at(price)
        return units // self.market.ladder.lot

    def _book(self, row: dict[str, Any]) -> None:
        """The book becomes the recorded one, less what clients have taken."""
        bids, asks = row["bids"], row["asks"]
        if not row["applied"]:
            if not row["snapshot"]:
                self.shown.hold(bids, asks)
            return
        if row["snapshot"]:
            self.shown.replace(bids, asks, row["bridged"])
            self.built = True
            changed = {**self._orders, **dict.fromkeys(self._all())}
        else:
            self.shown.apply(bids, asks)
            changed = dict.fromkeys([*self._levels(True, bids), *self._levels(False, asks)])
        changed = {**changed, **self._traded}
        self._traded.clear()
        self._show(changed)

    def _levels(self, buys: bool, rows: Iterable[tuple[str, str]]) -> Iterable[Level]:
        """Levels of texts that the ladder has."""
        ladder = self.market.ladder
        prices = (ladder_units(price) // ladder.tick for price, _ in rows)
        return ((buys, each) for each in prices if ladder.lowest <= each <= ladder.highest)

    def _all(self) -> Iterable[Level]:
        found = [self._levels(True, self.shown.top("bids", 10**6))]
        return (each for side in [*found, self._levels(False, self.shown.top("asks", 10**6))]
                for each in side)  # fmt: skip

    def _show(self, levels: Iterable[Level]) -> None:
        """First what goes, then what comes, so that the two sides never meet on the way."""
        come: list[tuple[Level, int]] = []
        for level in levels:
            shown = self.lots(level)
            taken = min(self.taken.pop(level, 0), shown)
            if taken:
                self.taken[level] = taken
            change = shown - taken - self._there(level)
            if change < 0:
                self._fewer(level, -change)
            elif change:
                come.append((level, change))
        for level, change in come:
            self._more(level, change)

    def _there(self, level: Level) -> int:
        return sum(order.open for order in self._orders.get(level, ()))

    def _fewer(self, level: Level, lots: int) -> None:
        """The youngest go first: as far as it can be, those behind the clients."""
        kept = [order for order in self._orders.get(level, ()) if order.status.live]
        while kept and lots:
            order = kept[-1]
            if order.open > lots:
                self._done(self.house.amend(order, order.price, order.lots - lots))
                break
            lots -= order.open
            self._done(self.house.cancel(kept.pop()))
        self._keep(level, kept)

    def _more(self, level: Level, lots: int) -> None:
        """Behind who is there; without clients the level stays one order."""
        kept = [order for order in self._orders.get(level, ()) if order.status.live]
        if kept and not self._queued(level):
            self._done(self.house.amend(kept[-1], level[1], kept[-1].lots + lots))
        else:
            made = self._place(self.actors.maker, level[0], lots, level[1])
            if made is not None:
                kept.append(made)
        self._keep(level, kept)

    def _keep(self, level: Level, orders: list[Order]) -> None:
        if orders:
            self._orders[level] = orders
        else:
            self._orders.pop(level, None)

    def _queued(self, level: Level) -> bool:
        """Whether a client's order rests there."""
        return any((order.buys, order.price) == level for order in self._clients.values())

    def _trade(self, row: dict[str, Any]) -> None:
        """Somebody takes at the recorded price what is in front, a client's order too.

        What stands in the way has gone in the recording too, and what is not displayed is there.
        """
        ladder = self.market.ladder
        price, lots = ladder_units(row["price"]) // ladder.tick, quantity_units(row["quantity"])
        lots //= ladder.lot
        if not (ladder.lowest <= price <= ladder.highest and lots):
            return
        buys = row["side"] == "buy"
        for level in [*self._passed(False, price, buys), *self._passed(True, price, buys)]:
            self._fewer(level, self._there(level))
            self._traded[level] = None
        self._traded[not buys, price] = None
        missing = lots - self._reachable(not buys, price)
        if missing > 0:
            self._more((not buys, price), missing)
        self._place(self.actors.taker, buys, lots, price, IOC)

    def _passed(self, bids: bool, price: int, buys: bool) -> list[Level]:
        """Levels of a side that cannot have been there when an aggressor traded at a price: what
        is better than that, and of the aggressor's own side that price too."""
        depth = self.house.books.depths[self.market.number]
        side, found = depth.bids if bids else depth.asks, list[Level]()
        for each, _ in side.items(descending=bids):
            ahead = each > price if bids else each < price
            if not ahead and not (each == price and bids == buys):
                break
            found.append((bids, each))
        return [level for level in found if level in self._orders]

    def _reachable(self, bids: bool, price: int) -> int:
        """Lots that are displayed at a price or better."""
        depth = self.house.books.depths[self.market.number]
        side = depth.bids if bids else depth.asks
        found = 0
        for each, lots in side.items(descending=bids):
            if (each < price) if bids else (each > price):
                break
            found += lots
        return found

    def _place(
        self, account: Account, buys: bool, lots: int, price: int, tif: int = 0
    ) -> Order | None:
        self._made += 1
        side, name = BUY if buys else SELL, f"r{self._made}"
        wish = Wish(self.market, side, Type.LIMIT, lots, price, name, tif)
        made = self.house.place(account, wish)
        self._done(None if isinstance(made, Order) else made)
        return made if isinstance(made, Order) else None

    def _done(self, why: object) -> None:
        self.refused += why is not None

    def _mark(self) -> None:
        """Where the recording tells no mark price, it is the mid."""
        mid = self.house.books.depths[self.market.number].mid()
        if mid is not None and self.market.record.kind is not Kind.SPOT:
            self.house.mark(self.market, mid)

    def _heard(self, fact: Fact) -> None:
        """Keep who rests, and what was taken of the recording other than by itself."""
        if isinstance(fact, Trade) and fact.market is self.market:
            self._taking = self._taker == (fact.buyer if fact.taker_buys else fact.seller)
        if not isinstance(fact, Report) or fact.order.market is not self.market:
            return
        order = fact.order
        if order.account is self.actors.maker:
            if fact.fill is not None and not self._taking:
                level = order.buys, order.price
                self.taken[level] = self.taken.get(level, 0) + fact.fill.lots
        elif order.account is self.actors.taker:
            self._taker = order.number
        elif order.status.live:
            self._clients[order.number] = order
        else:
            self._clients.pop(order.number, None)
