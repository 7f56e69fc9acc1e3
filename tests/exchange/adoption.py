"""A live executor at the local exchange, its topics in memory, and a person with the same key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from engine.identity import client_order_id
from engine.portfolio import PortfolioStage
from engine.stage import Cell
from executor.live.executor import LiveExecutor
from executor.live.opening import opened
from executor.venues.key import Key
from executor.venues.settings import LiveAccount
from schemas import names
from schemas.codec import decode
from schemas.orders import Intent, OrderCommand, OrderDecision
from schemas.portfolio import Portfolio
from schemas.statuses import JournalEntry, Status
from tests.exchange.conftest import ALICE, Venue
from topics.settings import Settings

BTC = "BTC/USDT:USDT"
ACCOUNT = "main"
PATIENCE = 20.0
LATER = 0.03
"""Seconds after which what was sent is acknowledged, as by a broker."""


@dataclass
class Topics:
    """What is durable: a record once it is sent, until `dead`; who sent it hears of that LATER."""

    records: dict[str, list[tuple[str, bytes | None]]] = field(default_factory=dict)
    dead: bool = False

    def send(
        self, topic: str, key: str, value: bytes | None, partition: int | None = None
    ) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if not self.dead:
            self.records.setdefault(topic, []).append((key, value))
            loop.call_later(LATER, _acknowledge, done)
        return done

    def read(self, settings: Settings, topic: str, number: int, begin: int = 0) -> list[Any]:
        """As topics.reading.read_partition."""
        rows = self.records.get(topic, [])
        return [
            SimpleNamespace(
                key=lambda key=key: key.encode(), value=lambda value=value: value,
                offset=lambda offset=offset: offset,
            )
            for offset, (key, value) in enumerate(rows) if offset >= begin
        ]  # fmt: skip

    def statuses(self) -> list[Status]:
        """Each sequence once, as readers take them."""
        found: dict[tuple[str, int], Status] = {}
        for _, value in self.records.get(names.STATUSES, []):
            status = decode(Status, value or b"")
            assert found.setdefault((status.key, status.seq), status) == status, "told otherwise"
        return list(found.values())

    def entries(self) -> dict[str, JournalEntry]:
        """The latest of each order."""
        rows = self.records.get(names.JOURNAL, [])
        return {key: decode(JournalEntry, value) for key, value in rows if value is not None}


def _acknowledge(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


@dataclass
class Person:
    """An account, its executor, and somebody else with the same key at the same exchange."""

    local: Venue
    foreign: str = "adopt"
    topics: Topics = field(default_factory=Topics)
    told: list[tuple[str, str]] = field(default_factory=list)
    saved: dict[str, Any] = field(default_factory=dict)
    seq: int = -1
    live: LiveExecutor = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.local.client()

    async def begin(self) -> None:
        """Start an executor with what the one before has left."""
        self.topics.dead = False
        given = LiveAccount.model_validate(
            {"exchange": "binance", "address": self.local.running.address, "visible": 0.3,
             "timeout": 2.0, "foreign": self.foreign}
        )  # fmt: skip
        lease: Any = SimpleNamespace(epoch=1, check=lambda: None)
        self.live = opened(
            ACCOUNT, given, Key(ALICE.name, ALICE.secret), producer=self.topics, lease=lease,
            tell=lambda severity, kind, text, facts: self.told.append((kind, text)),
            failed=self._failed,
        )  # fmt: skip
        await self.live.start(Settings(), self.saved)

    def _failed(self, error: BaseException) -> None:
        self.told.append(("failed", repr(error)))

    async def end(self) -> None:
        """The process is gone; what it has not sent is nowhere."""
        self.topics.dead = True
        await self.live.close()

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until it is so."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, (self.told, self.topics.entries())
            await asyncio.sleep(0.02)

    async def settled(self) -> None:
        """Wait until nothing is under way or strange, and what was written is told."""
        await asyncio.sleep(0.1)
        await self.until(lambda: self.live.idle)
        await self.live.desk.scribe.drained()

    async def cancel(self, *orders: str) -> None:
        """By a command, as the gate gives it."""
        self.seq += 1
        name = client_order_id(f"cancel-{self.seq}", ACCOUNT, 0)
        now = time.time_ns()
        command = OrderCommand(
            client_order_id=name, account=ACCOUNT, venue="binance", symbol=BTC, action="cancel",
            orders=orders, intent=Intent.ADJUST, side="sell", quantity="0",
            expires=now + 10**10,
        )  # fmt: skip
        await self.live.take(self._decided(command, now))

    async def modify(self, order: str, quantity: str) -> None:
        """By a command."""
        self.seq += 1
        name, now = client_order_id(f"modify-{self.seq}", ACCOUNT, 0), time.time_ns()
        command = OrderCommand(
            client_order_id=name, account=ACCOUNT, venue="binance", symbol=BTC, action="modify",
            orders=(order,), intent=Intent.ADJUST, side="buy", quantity=quantity,
            expires=now + 10**10,
        )  # fmt: skip
        await self.live.take(self._decided(command, now))

    def _decided(self, command: OrderCommand, now: int) -> OrderDecision:
        return OrderDecision(
            id=f"d{self.seq}", key=f"{ACCOUNT}:{BTC}", seq=self.seq, seen_time=now,
            account=ACCOUNT, venue="binance", symbol=BTC, outcome="approved", command=command,
        )  # fmt: skip

    def portfolio(self) -> Portfolio | None:
        """The position as trading.portfolio has it."""
        cell: Any = Cell.fresh(PortfolioStage(), ACCOUNT)
        rows = [
            out.record for one in self.topics.statuses() for out in cell.take(names.STATUSES, one)
        ]
        found = [row for row in rows if row.type == "position"]
        return found[-1] if found else None

    def held(self) -> Decimal:
        """What trading.portfolio says is held."""
        row = self.portfolio()
        return Decimal(row.quantity if row is not None and row.quantity is not None else 0)

    def there(self) -> Decimal:
        """By the exchange's own books."""
        market = self.local.house.listing.markets[0]
        lots = self.local.house.row(self.local.account(ALICE), market).lots
        return Decimal(market.quantity(lots)) if lots >= 0 else -Decimal(market.quantity(-lots))

    def rests(self) -> list[str]:
        """Client ids of what rests there."""
        orders = self.local.account(ALICE).orders.values()
        return [each.wish.client for each in orders if each.status.live]
