"""An account at a venue with costs, and its portfolio: what was said and what is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.execution import Execution, ExecutionSettings, ExecutionStage
from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.stage import Cell, Output
from engine.venue.market import Market
from schemas import names
from schemas.codec import decode, encode
from schemas.orders import OrderCommand
from schemas.portfolio import Portfolio
from schemas.statuses import JournalEntry, Status
from schemas.system import Snapshot
from schemas.ticks import Ticks
from tests.unit.executing import command, decided
from tests.unit.market_tape import Row, record
from tests.unit.trading import BTC


class Costly:
    """One market. equity: what the account begins with, in quote; 10 ns from record to record."""

    def __init__(self, key: str = BTC, equity: str = "2000", **settings: Any) -> None:
        settings = {"latency": {"nanoseconds": 0}, **settings}
        self.stage = self.staged(ExecutionSettings.model_validate(settings))
        self.money = PortfolioStage(PortfolioSettings(equity=Decimal(equity)))
        self.executor: Cell[Execution] = Cell.fresh(self.stage, "paper")
        self.portfolio: Cell[Any] = Cell.fresh(self.money, "paper")
        self.key, self.now, self.decisions, self.ticks = key, 0, 0, 0
        self.told: dict[str, Portfolio] = {}
        self.statuses: list[Status] = []
        self.journal: list[JournalEntry] = []
        self.bytes: list[bytes] = []

    def staged(self, settings: ExecutionSettings) -> ExecutionStage:
        """The stage; a test may have one that listens."""
        return ExecutionStage(settings)

    @property
    def market(self) -> Market[Any]:
        return self.executor.state.market(self.key)

    def passes(self, *rows: Row, restart: bool = False, **fields: Any) -> None:
        """A record of the market, with all that the account hears of it."""
        self.now += 10
        ticks: Ticks = record(self.ticks, self.now, *rows, key=self.key, **fields)
        self.ticks += 1
        self.stage.follow(self.executor.state, ticks)
        self.asks(None)
        if restart:
            self.restart()

    def asks(self, wish: OrderCommand | None) -> None:
        """A decision that rests on the last record."""
        row = decided(
            self.decisions, self.now, self.ticks - 1, wish, market=self.key, clock=wish is None
        )
        self.decisions += 1
        for out in self.executor.take(names.ORDERS, row):
            self._hear(out)

    def sends(self, order_id: str, side: str, quantity: str, **fields: Any) -> None:
        """An order, or another command, that meets the market before the next record."""
        self.asks(command(order_id, self.key, side=side, quantity=quantity, **fields))

    def restart(self) -> None:
        """From the snapshots, as after a crash."""
        self.executor = Cell.restore(self.stage, decode(Snapshot, encode(self.executor.snapshot())))
        self.portfolio = Cell.restore(
            self.money, decode(Snapshot, encode(self.portfolio.snapshot()))
        )

    def fills(self) -> list[tuple[str | None, ...]]:
        """Price, quantity and fee of each."""
        return [
            (one.price, one.quantity, one.fee) for one in self.statuses if one.type == "fill"
        ]  # fmt: skip

    @property
    def equity(self) -> str:
        return str(self.told["*"].equity)

    @property
    def position(self) -> Portfolio:
        return self.told[self.key.partition(":")[2]]

    def _hear(self, out: Output) -> None:
        self.bytes.append(encode(out.record))
        if isinstance(out.record, JournalEntry):
            self.journal.append(out.record)
        if isinstance(out.record, Status):
            self.statuses.append(out.record)
            for row in self.portfolio.take(names.STATUSES, out.record):
                assert isinstance(row.record, Portfolio)
                self.told[row.record.symbol or "*"] = row.record
