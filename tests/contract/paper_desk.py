"""The simulated venue under the suite: a market of its own, a record each few milliseconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, cast

import pytest

from engine.costs import ProportionalFees
from engine.venue.parts import ConstantLatency, ConsumedBook
from engine.venue.simulation import Venue as Simulation
from executor.venues.paper import PaperVenue
from executor.venues.wallet import Wallet
from schemas.ticks import Side
from tests.contract.desk import Desk
from tests.unit.market_tape import Row, record, trade, whole

SYMBOL = "BTC/USDT:USDT"


class Absent:
    """There is no exchange behind it."""

    def __getattr__(self, name: str) -> Any:
        pytest.skip("the simulated venue has no exchange behind it")


class PaperDesk(Desk):
    """What others do is in the records."""

    def __init__(self) -> None:
        super().__init__(cast(Any, Absent()), "", "paper", SYMBOL)
        simulation = Simulation(ConstantLatency(nanoseconds=0), ConsumedBook(), ProportionalFees())
        self.paper = PaperVenue(
            simulation,
            {SYMBOL: ("0.001", "0.1")},
            Wallet(Decimal(100000)),
            fence=self.passing,
            wrote=lambda name: self.calls.append(f"wrote {name}"),
        )
        self.venue = self.paper
        self.levels: dict[Side, dict[str, str]] = {"buy": {"61699": "5"}, "sell": {"61701": "5"}}
        self.pass_(self.book(), trade("61700"))

    def book(self) -> Row:
        """All that is displayed."""
        bids = sorted(self.levels["buy"].items(), key=lambda each: -Decimal(each[0]))
        asks = sorted(self.levels["sell"].items(), key=lambda each: Decimal(each[0]))
        return whole(tuple(bids), tuple(asks))

    def pass_(self, *rows: Row) -> None:
        """A record of the market."""
        seq = self.paper.markets[SYMBOL].followed + 1
        self.paper.follow(record(seq, time.time_ns(), *rows, key=f"binance:{SYMBOL}"))

    def other(self, side: Side, price: str) -> None:
        """A level more."""
        self.levels[side][price] = self.depth
        self.pass_(self.book())

    def trade(self, side: Side, price: str) -> None:
        """On the tape."""
        self.pass_(trade(price, "0.001", side))

    def needs(self, what: str) -> None:
        """It has all but take-profit triggers, and makes no requests."""
        if what in ("targets", "requests"):
            pytest.skip(f"the simulated venue has no {what}")

    def arm(self, **fault: Any) -> None:
        """It has no faults."""
        pytest.skip("the simulated venue has no faults")

    def books(self, name: str) -> list[str]:
        """What it knows."""
        found = self.paper._orders.get(name)
        return [] if found is None else [found.state]


@asynccontextmanager
async def paper() -> AsyncIterator[Desk]:
    """A record each millisecond or two."""
    made = PaperDesk()

    async def run() -> None:
        while True:
            await asyncio.sleep(0.001)
            made.pass_()

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
