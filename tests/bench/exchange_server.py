"""The exchange of the bench: many made-up markets whose books change all the time, on one core.

Prints its address and its process as JSON, and serves until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os

import uvloop

from engine.matching.codes import BUY, SELL
from infra.exchange.accounts import Account, Key
from infra.exchange.dialects.binance.weights import Limits
from infra.exchange.listing import FUTURES_FEES, Listing, Market, listing, money_units, shipped
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange, serve

PRICE = 2_000
UNLIMITED = Limits(weight=10**9, orders_ten_seconds=10**9, orders_minute=10**9)
CLIENTS = 10
DEPTH = 20
"""Levels of a side that are displayed."""
AWAY = 20
"""Ticks between the price and the first of them: clients trade with each other in between."""


def name_of(number: int) -> str:
    """The venue's name of a made-up market."""
    return f"T{number:03}USDT"


def key_of(number: int) -> Key:
    """A client of the bench."""
    return Key(f"client-{number}", f"secret-{number}")


def made_up(count: int) -> Listing:
    """So many markets like BTCUSDT, of whole prices: a ladder has room for each of its ticks."""
    (_, like), *_ = [row for row in shipped("usdm") if row[0] == "BTCUSDT"]
    records = [
        (
            name_of(number),
            like.model_copy(update={"symbol": f"T{number:03}/USDT:USDT", "tick_size": "1"}),
        )
        for number in range(count)
    ]
    return listing(records, {name: str(PRICE) for name, _ in records}, FUTURES_FEES)


class Quoting:
    """An account that displays each market, and moves one level of each at every step."""

    def __init__(self, exchange: Exchange) -> None:
        self.house = exchange.usdm
        money = {"USDT": money_units("2000000000")}
        self.account: Account = self.house.open(Key("quoting", ""), money, keeps=False)
        self.steps = 0
        self.orders = [self._display(market) for market in self.house.listing.markets]

    def _display(self, market: Market) -> list[Order]:
        mid, made = market.ladder.reference, []
        for level in range(DEPTH):
            for side, sign in ((BUY, -1), (SELL, 1)):
                price = mid + sign * (AWAY + level)
                wish = Wish(market, side, Type.LIMIT, 100, price, f"q{level}-{side}")
                order = self.house.place(self.account, wish)
                assert isinstance(order, Order)
                made.append(order)
        return made

    def step(self) -> None:
        """One level of each market is larger or smaller by a lot."""
        self.steps += 1
        for orders in self.orders:
            order = orders[self.steps % len(orders)]
            self.house.amend(order, order.price, 100 if order.lots != 100 else 99)


async def run(symbols: int, core: int | None) -> None:
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    exchange = Exchange(limits=UNLIMITED, markets=made_up(symbols))
    for number in range(CLIENTS):
        exchange.open(key_of(number), "100000000")
    quoting = Quoting(exchange)
    running = await serve(exchange)
    print(json.dumps({"address": running.address, "pid": os.getpid()}), flush=True)
    while True:
        await asyncio.sleep(0.1)
        quoting.step()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--symbols", type=int, default=200)
    parser.add_argument("--core", type=int)
    options = parser.parse_args()
    uvloop.run(run(options.symbols, options.core))
