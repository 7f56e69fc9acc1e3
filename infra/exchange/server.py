"""The exchange as one aiohttp application: houses, dialects, and their addresses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field

from aiohttp import web

from infra.exchange import books
from infra.exchange.accounts import Key
from infra.exchange.clock import Clock
from infra.exchange.dialects.binance import rest, usdm_account, usdm_market, usdm_orders, wallet
from infra.exchange.dialects.binance import usdm_settings as settings
from infra.exchange.dialects.binance.api import Api
from infra.exchange.dialects.binance.section import Section
from infra.exchange.dialects.binance.usdm_api import METHODS
from infra.exchange.dialects.binance.usdm_streams import Streams
from infra.exchange.dialects.binance.weights import Limits
from infra.exchange.faults import Faults
from infra.exchange.faulty import middleware
from infra.exchange.faulty import routes as fault_routes
from infra.exchange.house import House
from infra.exchange.listing import FUTURES_FEES, Listing, listing, money_units, shipped
from infra.exchange.sizes import routes as size_routes
from infra.exchange.troubles import Troubles

MOST_BODY = 1 << 16
PRICES = {
    "BTCUSDT": "61700",
    "ETHUSDT": "2680",
    "SOLUSDT": "160",
    "XRPUSDT": "0.6",
    "BNBUSDT": "515",
    "ASTERUSDT": "1",
}
"""Reference prices of markets, about those of the recordings of 2024-08-08."""


@dataclass(slots=True)
class Exchange:
    """Houses that share a clock, and what speaks for them. markets: of USD-M, else the shipped."""

    clock: Clock = field(default_factory=Clock)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    markets: Listing | None = None
    troubles: Troubles = field(init=False)
    usdm: House = field(init=False)
    binance_usdm: Section = field(init=False)

    def __post_init__(self) -> None:
        markets = self.markets or listing(shipped("usdm"), PRICES, FUTURES_FEES)
        self.usdm = House("binance-usdm", markets, self.clock)
        self.binance_usdm = Section(self.usdm, self.limits)
        self.faults.source = self.clock.source
        self.troubles = Troubles(self.clock, self.faults, self.houses)

    @property
    def houses(self) -> tuple[House, ...]:
        """All of them."""
        return (self.usdm,)

    def open(self, key: Key, usdm: str = "100000") -> None:
        """An account with so much USDT."""
        self.usdm.open(key, {"USDT": money_units(usdm)})

    def application(self) -> web.Application:
        """All addresses."""
        app = web.Application(client_max_size=MOST_BODY, middlewares=[middleware(self.troubles)])
        for table in (usdm_market, usdm_account, settings, usdm_orders, wallet):
            app.add_routes(rest.routes(self.binance_usdm, table.TABLE))
        streams = Streams(self.binance_usdm, self.faults)
        app.add_routes(streams.routes())
        app.add_routes([web.get("/ws-fapi/v1", Api(self.binance_usdm, METHODS).connect)])
        app.add_routes([*fault_routes(self.troubles), *size_routes(self), *books.routes(self.usdm)])
        app.cleanup_ctx.extend(running(each.run) for each in (streams, self.troubles))
        return app


def running(
    work: Callable[[], Coroutine[None, None, None]],
) -> Callable[[web.Application], AsyncIterator[None]]:
    """Let something work while the application runs."""

    async def run(app: web.Application) -> AsyncIterator[None]:
        task = asyncio.ensure_future(work())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return run


@dataclass(slots=True)
class Running:
    """A server that answers at its address until it is closed."""

    exchange: Exchange
    runner: web.AppRunner
    port: int

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    async def close(self) -> None:
        """Answer no more."""
        await self.runner.cleanup()


async def serve(exchange: Exchange, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Listen; port 0 takes a free one."""
    runner = web.AppRunner(exchange.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    found = runner.addresses[0][1]
    await asyncio.sleep(0)
    return Running(exchange, runner, found)
