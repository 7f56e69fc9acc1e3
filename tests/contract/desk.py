"""Venues under one suite: an implementation, the market it trades in, and the other side of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.identity import client_order_id
from engine.matching.codes import BUY, SELL
from executor.guard.venue import GuardedVenue
from executor.venues.exchange import CcxtVenue
from executor.venues.key import Key
from executor.venues.settings import LiveAccount
from executor.venues.venue import Order, Venue, VenueError, VenueOrder
from infra.exchange.accounts import Account
from infra.exchange.accounts import Key as Opened
from infra.exchange.faults import Fault
from infra.exchange.listing import money_units
from schemas.orders import OrderType, TimeInForce
from schemas.ticks import Side
from tests.exchange import spot_desk
from tests.exchange.bybit_venue import Bybit
from tests.exchange.conftest import Venue as Binance
from tests.exchange.local import ALICE, Local
from tests.exchange.okx_venue import CAROL, OkxVenue

Place = Callable[..., Order]


STRANGER = Opened("stranger", "secret-of-stranger", "word4")


@dataclass
class Desk:
    """A venue with 5 coins displayed at 61,699 and 61,701.

    calls: of fence and wrote, in order. order: the path at which orders are placed, cancels: at
    which they are cancelled, if another. lot: a quantity that is small; depth: all of a level.
    """

    local: Local
    order: str
    section: str
    symbol: str = "BTC/USDT:USDT"
    cancels: str = ""
    venue: Venue = field(init=False)
    key: Opened = ALICE
    lot: str = "0.01"
    depth: str = "5"
    calls: list[str] = field(default_factory=list)
    fence: Callable[[], None] = lambda: None
    names: int = 0
    since: int = field(default_factory=lambda: time.time_ns() - 60_000_000_000)

    def name(self) -> str:
        """A new client order id of ours."""
        self.names += 1
        return client_order_id(f"decision-{self.names}", "contract", 0)

    def limit(self, price: str = "61000", side: Side = "buy", **more: Any) -> Order:
        """An order that rests, where nothing else is said."""
        force = more.pop("time_in_force", TimeInForce.GTC)
        name, quantity = more.pop("name", None) or self.name(), more.pop("quantity", self.lot)
        return Order(name, self.symbol, side, OrderType.LIMIT, force, quantity, price, **more)

    def market(self, side: Side = "buy", **more: Any) -> Order:
        """An order that fills."""
        quantity = more.pop("quantity", self.lot)
        kind, force = OrderType.MARKET, TimeInForce.IOC
        return Order(self.name(), self.symbol, side, kind, force, quantity, **more)

    def stop(self, trigger: str, price: str | None = None, **more: Any) -> Order:
        """An order that closes a long position once its trigger is met."""
        kind = OrderType.STOP if price is None else OrderType.STOP_LIMIT
        told: dict[str, Any] = {"side": "sell", "role": "stop", "reduce_only": True, **more}
        return Order(
            name=self.name(),
            symbol=self.symbol,
            type=kind,
            time_in_force=TimeInForce.GTC,
            quantity=self.lot,
            price=price,
            trigger=trigger,
            **told,
        )

    def trade(self, side: Side, price: str) -> None:
        """A trade of two others."""
        if STRANGER.name not in self.local.house.keys:
            self.local.exchange.open(STRANGER)
        self.local.rest(BUY if side == "buy" else SELL, price, 10, STRANGER)

    def arm(self, **fault: Any) -> None:
        """A fault of the local exchange."""
        self.local.exchange.troubles.arm(Fault.model_validate(fault))

    def other(self, side: Side, price: str) -> None:
        """An order of somebody else's, of `depth`."""
        self.local.rest(BUY if side == "buy" else SELL, price, self.local.DISPLAYED)

    def enrich(self) -> None:
        """Give us money for a large order, where leverage does not."""

    async def resting(self, **more: Any) -> VenueOrder:
        """An order that was placed and rests."""
        placed = await self.venue.place(self.limit(**more))
        found = await self.venue.find(self.symbol, placed.name or "")
        assert found is not None
        return found

    def needs(self, what: str) -> None:
        """Skip a test of what the venue has not."""
        has = {
            "contracts": self.venue.able.reduce_only,
            "stops": OrderType.STOP in self.venue.able.types,
            "amend": self.venue.able.amend,
            "requests": isinstance(self.venue, CcxtVenue),
            "targets": True,
        }
        if not has[what]:
            pytest.skip(f"the venue has no {what}")

    async def tried(self, order: Order) -> VenueError | None:
        """Place it; what the venue answers, if that is no."""
        try:
            await self.venue.place(order)
        except VenueError as error:
            return error
        return None

    def passing(self) -> None:
        """The fence that the venue has."""
        self.calls.append("fence")
        self.fence()

    def account(self) -> Account:
        """Ours, in the exchange's own books."""
        return self.local.account(self.key)

    def books(self, name: str) -> list[str]:
        """States of the orders of that name in the exchange's own books."""
        return [o.status.value for o in self.account().orders.values() if o.wish.client == name]


def settings(local: Local, exchange: str, **more: Any) -> LiveAccount:
    """A live account at the local exchange."""
    return LiveAccount(exchange=exchange, address=local.running.address, **more)


@asynccontextmanager
async def opened(made: Desk, exchange: str, key: Opened, **more: Any) -> AsyncIterator[Desk]:
    """The desk with a ccxt venue."""
    made.key = key
    made.venue = CcxtVenue.of(
        "contract",
        settings(made.local, exchange, timeout=0.6, **more),
        Key(key.name, key.secret, key.passphrase),
        fence=made.passing,
        wrote=lambda name: made.calls.append(f"wrote {name}"),
        symbols=(made.symbol,),
        gate=at_once,
    )
    await made.venue.open()
    try:
        yield made
    finally:
        await made.venue.close()


async def at_once(kind: str, cost: float) -> None:
    """A request need not wait, as it would for the real venue."""


@asynccontextmanager
async def binance_usdm() -> AsyncIterator[Desk]:
    """Binance USD-M."""
    async with Binance.opened(ALICE) as local:
        local.quote()
        made = Desk(local, "/fapi/v1/order", "binance-usdm")
        async with opened(made, "binance", ALICE):
            yield made


@asynccontextmanager
async def okx_swaps() -> AsyncIterator[Desk]:
    """OKX; quantities are contracts of 0.01 BTC, in hundredths."""
    async with OkxVenue.opened(CAROL) as local:
        local.quote()
        made = Desk(local, "/api/v5/trade/order", "okx", lot="1", depth="500")
        made.cancels = "/api/v5/trade/cancel-order"
        async with opened(made, "okx", CAROL):
            yield made


@asynccontextmanager
async def bybit_linear() -> AsyncIterator[Desk]:
    """Bybit."""
    async with Bybit.opened(ALICE) as local:
        local.quote()
        made = Desk(local, "/v5/order/create", "bybit", cancels="/v5/order/cancel")
        async with opened(made, "bybit", ALICE):
            yield made


class SpotDesk(Desk):
    """Positions are coins."""

    local: Binance

    def enrich(self) -> None:
        """A million."""
        self.local.exchange.spot.pay(self.account(), "USDT", money_units("1000000"))

    def other(self, side: Side, price: str) -> None:
        """In the spot house."""
        spot_desk.rest(self.local, BUY if side == "buy" else SELL, price, float(self.depth))

    def account(self) -> Account:
        """There."""
        return spot_desk.account(self.local, self.key)


@asynccontextmanager
async def binance_spot() -> AsyncIterator[Desk]:
    """Binance spot."""
    async with Binance.opened(ALICE) as local:
        spot_desk.quote(local)
        made = SpotDesk(local, "/api/v3/order", "binance-spot", "BTC/USDT")
        async with opened(made, "binance", ALICE, market="spot"):
            yield made


@asynccontextmanager
async def guarded() -> AsyncIterator[Desk]:
    """Binance USD-M with the executor's guards around it: it is a venue like the one inside."""
    async with binance_usdm() as made:
        made.venue = GuardedVenue(made.venue, time.time_ns, lambda *told: None)
        await made.venue.open()
        yield made
        await made.venue.close()


DESKS = {
    "binance-spot": binance_spot,
    "binance-usdm": binance_usdm,
    "okx": okx_swaps,
    "bybit": bybit_linear,
    "guarded": guarded,
}
CONTRACTS = sorted(set(DESKS) - {"binance-spot"})
