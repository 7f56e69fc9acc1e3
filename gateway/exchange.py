"""`tapeline exchange`: the local exchange until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib

from gateway.output import Output
from infra.exchange import addresses
from infra.exchange.accounts import Key
from infra.exchange.server import Exchange, serve
from infra.exchange.synthetic import Synthetic

STEP = 0.1


def run(port: int, key: str, secret: str, usdt: str, seed: int | None, output: Output) -> int:
    """Serve a Binance USD-M of one account until Ctrl-C; seed None: nobody else trades."""
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(port, Key(key, secret), usdt, seed, output))
    return 0


async def _serve(port: int, key: Key, usdt: str, seed: int | None, output: Output) -> None:
    exchange = Exchange()
    exchange.open(key, usdt)
    market = None if seed is None else Synthetic(exchange.usdm, seed)
    running = await serve(exchange, port=port)
    try:
        urls = addresses.binance(running.address)
        output.object({"address": running.address, "key": key.name, "urls": {"api": urls}})
        while True:
            await asyncio.sleep(STEP)
            if market is not None:
                market.step()
    finally:
        await running.close()
