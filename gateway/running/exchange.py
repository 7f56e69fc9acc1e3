"""`tapeline exchange`: the local exchange until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from gateway.terminal.output import Output
from infra.exchange import addresses
from infra.exchange.accounts import Key
from infra.exchange.faults import Fault
from infra.exchange.playback import Playback
from infra.exchange.server import Exchange, serve
from infra.exchange.synthetic import Synthetic

STEP = 0.1
VENUES = {"binance": addresses.binance, "okx": addresses.okx, "bybit": addresses.bybit}
"""What ccxt has in `urls`, by venue."""
AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,8})?").fullmatch


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
        seed = self.seed
        return stepped([] if seed is None else [Synthetic(each, seed) for each in exchange.houses])


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


@dataclass(frozen=True, slots=True)
class Owner:
    """The account: its key, its USDT for contracts, and its spot wallet as `USDT=1000,BTC=1`."""

    key: Key
    usdt: str
    spot: str

    def open(self, exchange: Exchange) -> None:
        """Open it; ValueError of a wallet that is none."""
        wallet = dict(self._asset(each, exchange) for each in self.spot.split(",") if each)
        exchange.open(self.key, self.usdt, wallet)

    def _asset(self, text: str, exchange: Exchange) -> tuple[str, str]:
        name, _, amount = text.partition("=")
        known = name in exchange.spot.listing.assets
        if not known or not AMOUNT(amount):
            raise ValueError(f'"{text}" is no ASSET=AMOUNT of {exchange.spot.listing.assets}')
        return name, amount


def run(port: int, owner: Owner, market: Market, faults: Path | None, output: Output) -> int:
    """Serve an account until Ctrl-C. faults: armed from the start; 2 where they, or the wallet,
    are none. Raises TapelineError of a recording that cannot be played."""
    exchange = Exchange()
    try:
        owner.open(exchange)
    except ValueError as error:
        output.note(f"--spot: {error}")
        return 2
    try:
        faults_of(faults, exchange)
    except (OSError, ValueError) as error:
        output.note(f"{faults}: {error}; see docs/exchange.md, Faults on demand")
        return 2
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(exchange, port, owner.key.name, market, output))
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
