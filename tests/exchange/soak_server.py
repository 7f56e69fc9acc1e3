"""The exchange of the soak, in a process of its own: a synthetic market and a few accounts.

What an account and a tape keep is less than usual, so that all of it is full before long. Prints
its address and process as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os

import uvloop

from infra.exchange import accounts, conditions, tape
from infra.exchange.accounts import Key
from infra.exchange.dialects.binance.weights import Limits
from infra.exchange.server import Exchange, serve
from infra.exchange.synthetic import Synthetic

CLIENTS = 4
MARKETS = 2
UNLIMITED = Limits(weight=10**9, orders_ten_seconds=10**9, orders_minute=10**9)


def key_of(number: int) -> Key:
    """A client of the soak."""
    return Key(f"client-{number}", f"secret-{number}")


async def run(kept: int, candles: int) -> None:
    accounts.KEPT_ORDERS, accounts.KEPT_FILLS = kept, kept // 4
    conditions.KEPT = kept // 4
    tape.KEPT_TRADES, tape.KEPT_CANDLES = kept, candles
    exchange = Exchange(limits=UNLIMITED)
    for number in range(CLIENTS):
        exchange.open(key_of(number), "100000000")
    market = Synthetic(exchange.usdm, 1, exchange.usdm.listing.markets[:MARKETS])
    running = await serve(exchange)
    print(json.dumps({"address": running.address, "pid": os.getpid()}), flush=True)
    while True:
        await asyncio.sleep(0.1)
        market.step()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kept", type=int, required=True)
    parser.add_argument("--candles", type=int, required=True)
    options = parser.parse_args()
    uvloop.run(run(options.kept, options.candles))
