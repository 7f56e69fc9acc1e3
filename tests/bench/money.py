"""The matching bench with accounts, margin and risk on: ours beside exchange-core's pipeline.

The commands are those of the bare book, each now of an account, by its order's id. Every account
has more money than it can spend in both, so that both take the same orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.clearing.codes import Op
from engine.clearing.contract import Contract, Kind, Terms, Tier
from engine.clearing.engine import Clearing
from engine.matching.codes import Command
from engine.matching.engine import COMMANDS, Matching
from engine.matching.instrument import Instrument
from tests.bench.commands import CASES, HIGHEST, Case, Generator, Rows

ACCOUNTS = 1_000
MONEY = 1 << 48
LEVERAGE = 20
WAIT = "YIELDING"
"""How the peer's threads wait: the fastest of its three ways on few processors."""

SPOT = Contract(Kind.SPOT, 0, 1, base=1, lot=1, maker=20_000, taker=50_000)
MARGIN = Contract(
    Kind.LINEAR, 0, 1, maker=20_000, taker=50_000, liquidation=1_250_000,
    tiers=(Tier(1 << 30, 400_000, 100), Tier(1 << 50, 1_000_000, 50), Tier(1 << 58, 2_500_000, 20)),
)  # fmt: skip


@dataclass(frozen=True)
class MoneyCase(Case):
    """kind: spot or margin, as the peer's harness calls it."""

    kind: str = "spot"

    def engine(self) -> Matching:
        """An engine whose accounts have their money, and their leverage."""
        contract = SPOT if self.kind == "spot" else MARGIN
        instruments = [Instrument(1, HIGHEST, 100_000)] * self.symbols
        terms = Terms((contract,) * self.symbols, 2)
        engine = Clearing(instruments, terms, ACCOUNTS + 1, self.orders)
        engine.process(np.array(list(self._opening()), COMMANDS))
        return engine

    def _opening(self) -> list[Command]:
        accounts = range(1, ACCOUNTS + 1)
        rows = [
            Command(Op.DEPOSIT, symbol=asset, account=account, quantity=MONEY)
            for account in accounts
            for asset in (0, 1)
        ]
        if self.kind == "margin":
            rows += [
                Command(Op.LEVERAGE, symbol=symbol, account=account, quantity=LEVERAGE)
                for account in accounts
                for symbol in range(self.symbols)
            ]
        return rows

    def commands(self, count: int) -> tuple[Rows, float]:
        """The commands of its book, each of its account; and how many orders rest."""
        book = next(case for case in CASES if case.symbols == self.symbols)
        generator = Generator(book)
        rows = generator.commands(count)
        rows["account"] = 1 + rows["order_id"] % ACCOUNTS
        return rows, generator.depth


MONEY_CASES = (
    MoneyCase("spot with balances, ten symbols", 10, 10_000, 20261122, 1 << 15, "spot"),
    MoneyCase("perpetuals with margin at 20, ten symbols", 10, 10_000, 20261122, 1 << 15, "margin"),
)
