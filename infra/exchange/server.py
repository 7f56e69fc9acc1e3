"""The exchange as one aiohttp application: houses, dialects, and their addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from infra.exchange import books
from infra.exchange.accounts import Key
from infra.exchange.clock import Clock
from infra.exchange.dialect import Dialect
from infra.exchange.dialects import bybit
from infra.exchange.dialects.binance import spot, usdm
from infra.exchange.dialects.binance.errors import Code
from infra.exchange.dialects.binance.section import Section
from infra.exchange.dialects.binance.weights import SPOT_LIMITS, Limits
from infra.exchange.dialects.okx.venue import Okx
from infra.exchange.faults import Faults
from infra.exchange.faulty import middleware
from infra.exchange.faulty import routes as fault_routes
from infra.exchange.house import House
from infra.exchange.listing import (
    FUTURES_FEES,
    SPOT_FEES,
    Listing,
    listing,
    money_units,
    shipped,
)
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
SPOT = {"USDT": "100000", "BTC": "1", "ETH": "10"}
"""What a new account's spot wallet has."""


@dataclass(slots=True)
class Exchange:
    """Houses that share a clock, and what speaks for them. markets: of USD-M, else the shipped."""

    clock: Clock = field(default_factory=Clock)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    spot_limits: Limits = SPOT_LIMITS
    markets: Listing | None = None
    troubles: Troubles = field(init=False)
    usdm: House = field(init=False)
    spot: House = field(init=False)
    binance_usdm: Section = field(init=False)
    binance_spot: Section = field(init=False)
    okx: Okx = field(init=False)
    bybit_linear: bybit.Section = field(init=False)

    def __post_init__(self) -> None:
        markets = self.markets or listing(shipped("usdm"), PRICES, FUTURES_FEES)
        self.usdm = House("binance-usdm", markets, self.clock)
        self.binance_usdm = Section(self.usdm, self.limits)
        goods = listing(shipped("spot"), PRICES, SPOT_FEES, digits=8)
        self.spot = House("binance-spot", goods, self.clock)
        self.binance_spot = Section(self.spot, self.spot_limits, over_window=Code.BAD_RECV_WINDOW)
        self.okx = Okx(self.clock, self.faults)
        self.bybit_linear = bybit.Section(bybit.opened(self.clock))
        self.faults.source = self.clock.source
        self.troubles = Troubles(self.clock, self.faults, self.houses)

    @property
    def houses(self) -> tuple[House, ...]:
        """All of them."""
        return self.usdm, self.spot, self.okx.house, self.bybit_linear.house

    def open(self, key: Key, usdm: str = "100000", spot: Mapping[str, str] = SPOT) -> None:
        """An account with so much USDT for contracts at each venue, and so in its spot wallet."""
        for house in (self.usdm, self.okx.house, self.bybit_linear.house):
            house.open(key, {"USDT": money_units(usdm)})
        self.spot.open(key, {asset: money_units(amount) for asset, amount in spot.items()})

    def application(self) -> web.Application:
        """All addresses."""
        app = web.Application(client_max_size=MOST_BODY, middlewares=[middleware(self.troubles)])
        for dialect in (
            usdm.dialect(self.binance_usdm, self.faults),
            spot.dialect(self.binance_spot, self.faults),
            self.okx.dialect(),
            bybit.dialect(self.bybit_linear, self.faults),
            Dialect(fault_routes(self.troubles), self.troubles.run),
        ):
            dialect.join(app)
        app.add_routes([*size_routes(self), *books.routes(self.houses)])
        return app


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
