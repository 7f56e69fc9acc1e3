"""`tapeline exchange`: the local exchange until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from pydantic import TypeAdapter

from gateway.output import Output
from infra.exchange import addresses
from infra.exchange.accounts import Key
from infra.exchange.faults import Fault
from infra.exchange.server import Exchange, serve
from infra.exchange.synthetic import Synthetic

STEP = 0.1


def run(
    port: int,
    key: str,
    secret: str,
    usdt: str,
    seed: int | None,
    faults: Path | None,
    output: Output,
) -> int:
    """Serve an account until Ctrl-C; seed None: nobody else trades. faults: armed from the start;
    2 where they are none."""
    exchange = Exchange()
    exchange.open(Key(key, secret), usdt)
    try:
        faults_of(faults, exchange)
    except (OSError, ValueError) as error:
        output.note(f"{faults}: {error}; see docs/exchange.md, Faults on demand")
        return 2
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(exchange, port, key, seed, output))
    return 0


def faults_of(file: Path | None, exchange: Exchange) -> None:
    """Arm the faults of a JSON list; ValueError of what is none."""
    for fault in TypeAdapter(list[Fault]).validate_json(file.read_bytes()) if file else []:
        exchange.troubles.arm(fault)


async def _serve(exchange: Exchange, port: int, key: str, seed: int | None, output: Output) -> None:
    market = None if seed is None else Synthetic(exchange.usdm, seed)
    running = await serve(exchange, port=port)
    try:
        urls = addresses.binance(running.address)
        output.object({"address": running.address, "key": key, "urls": {"api": urls}})
        while True:
            await asyncio.sleep(STEP)
            if market is not None:
                market.step()
    finally:
        await running.close()
