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
from schemas.errors import TapelineError

STEP = 0.1
VENUES = {"binance": addresses.binance, "okx": addresses.okx, "bybit": addresses.bybit}


@dataclass(frozen=True, slots=True)
class Market:
    """Who trades beside the clients: a recording at a speed, once or for ever; else by a seed in
    some houses; None: nobody."""

    seed: int | None = None
    houses: Sequence[str] = ("binance-usdm",)
    recording: Sequence[Path] = ()
    speed: float = 1.0
    once: bool = False

    def trading(self, exchange: Exchange, output: Output) -> Coroutine[None, None, None]:
        """What must run for it to trade; its books are there already. Raises TapelineError."""
        if self.recording:
            playback = Playback(exchange.houses, self.recording, self.speed, not self.once)
            playback.open()
            return played(playback, output)
        named = {house.name: house for house in exchange.houses}
        if not set(self.houses) <= set(named):
            raise NoSuchHouse(f"--house is one of {', '.join(named)}")
        seed = self.seed
        return stepped([] if seed is None else [Synthetic(named[n], seed) for n in self.houses])


class NoSuchHouse(TapelineError):
    """A house that the exchange does not have."""


async def played(playback: Playback, output: Output) -> None:
    """Play a recording to its end, if it has one."""
    await playback.run()
    output.note("The recording is over. Its last book stays; nobody but clients trades now.")


async def stepped(markets: Sequence[Synthetic]) -> None:
    """Let synthetic markets trade, without end."""
    while markets:
        await asyncio.sleep(STEP)
        for market in markets:
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
        told = {name: {"api": of(running.address)} for name, of in VENUES.items()}
        usual = {"address": running.address, "key": key, "urls": told["binance"]}
        output.object({**usual, "venues": told})
        await trading
        await asyncio.Event().wait()
    finally:
        await running.close()
