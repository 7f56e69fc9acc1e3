"""The venue of the executor's bench: the local exchange with two deep, quiet markets and no limits.

Prints its address as JSON, and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import json

import uvloop

from engine.matching.codes import BUY, SELL
from infra.exchange.accounts import Key
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange, serve
from tests.bench.exchange_server import UNLIMITED

CLIENTS = tuple(Key(f"bench{n}", f"secret-of-bench{n}") for n in range(16))
"""One a play: what an earlier one has left held would have the gate refuse entries."""
MAKER = Key("maker", "secret-of-maker")
QUOTES = {"BTCUSDT": ("61699", "61701"), "ETHUSDT": ("2679", "2681")}
LOTS = 100_000
"""Of each quote: more than any bench takes."""


def quote(exchange: Exchange) -> None:
    """A bid and an offer in each market."""
    house = exchange.usdm
    for market in house.listing.markets:
        for side, price in zip((BUY, SELL), QUOTES.get(market.name, ()), strict=False):
            ticks = round(float(price) * 10**8) // market.ladder.tick
            wish = Wish(market, side, Type.LIMIT, LOTS, ticks, f"{market.name}-{side}")
            order = house.place(house.keys[MAKER.name], wish)
            assert isinstance(order, Order), order


async def run() -> None:
    exchange = Exchange(limits=UNLIMITED)
    exchange.open(MAKER, "10000000000")
    for client in CLIENTS:
        exchange.open(client, "1000000")
    quote(exchange)
    running = await serve(exchange)
    print(json.dumps({"address": running.address}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(run())
