"""`tapeline exchange`: the local exchange until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from gateway.output import Output
from infra.exchange import addresses
from infra.exchange.accounts import Key
from infra.exchange.faults import Fault
from infra.exchange.playback import Playback
from infra.exchange.server import Exchange, serve
from infra.exchange.synthetic import Synthetic

STEP = 0.1


@dataclass(frozen=True, slots=True)
class Market:
    """Who trades beside the clients: a recording at a speed, once or for ever; else by a seed;
    None: nobody."""

    seed: int | None = None
    recording: Sequence[Path] = ()
    speed: float = 1.0
    once: bool = False

    def trading(self, exchange: Exchange, output: Output) -> Coroutine[None, None, None]:
        """What must run for it to trade; its books are there already."""
        if self.recording:
            playback = Playback(exchange.houses, self.recording, self.speed, not self.once)
            playback.open()
            return played(playback, output)
        return stepped(None if self.seed is None else Synthetic(exchange.usdm, self.seed))


async def played(playback: Playback, output: Output) -> None:
    """Play a recording to its end, if it has one."""
    await playback.run()
    output.note("The recording is over. Its last book stays; nobody but clients trades now.")


async def stepped(market: Synthetic | None) -> None:
    """Let a synthetic market trade, without end."""
    while market is not None:
        await asyncio.sleep(STEP)
        market.step()


def run(
    port: int,
    key: str,
    secret: str,
    usdt: str,
    market: Market,
    faults: Path | None,
    output: Output,
) -> int:
    """Serve an account until Ctrl-C. faults: armed from the start; 2 where they are none. Raises
    TapelineError of a recording that cannot be played."""
    exchange = Exchange()
    exchange.open(Key(key, secret), usdt)
    try:
        faults_of(faults, exchange)
    except (OSError, ValueError) as error:
        output.note(f"{faults}: {error}; see docs/exchange.md, Faults on demand")
        return 2
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(exchange, port, key, market, output))
    return 0


def faults_of(file: Path | None, exchange: Exchange) -> None:
    """Arm the faults of a JSON list; ValueError of what is none."""
    for fault in TypeAdapter(list[Fault]).validate_json(file.read_bytes()) if file else []:
        exchange.troubles.arm(fault)


async def _serve(exchange: Exchange, port: int, key: str, market: Market, output: Output) -> None:
    trading = market.trading(exchange, output)
    running = await serve(exchange, port=port)
    try:
        urls = addresses.binance(running.address)
        output.object({"address": running.address, "key": key, "urls": {"api": urls}})
        await trading
        await asyncio.Event().wait()
    finally:
        await running.close()
