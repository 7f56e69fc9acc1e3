"""Both engines with money under one suite: what a scenario needs to say little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from engine.clearing.codes import Mode, Op
from engine.clearing.contract import Contract, Kind, Terms, Tier
from engine.clearing.words import FUND_WORDS, tables, terms_of
from engine.matching.codes import BUY, SELL, Command, Event, Phase
from engine.matching.codes import Op as BookOp
from engine.matching.instrument import Instrument
from engine.matching.state import split
from tests.matching.plays import Matching, Play

DOLLAR, COIN = 0, 1
GOODS, LINEAR, INVERSE, OTHER = range(4)
PLAIN = Instrument(1, 1_000, 100)
TIERS = (Tier(10_000, 1_000_000, 100), Tier(50_000, 5_000_000, 20), Tier(100_000, 10_000_000, 5))
SPOT = Contract(Kind.SPOT, DOLLAR, 1, base=COIN, lot=3)
FREE = Contract(Kind.LINEAR, DOLLAR, 1, interval=8, tiers=TIERS)
TURNED = Contract(Kind.INVERSE, COIN, 10_000, interval=8, tiers=TIERS)

Maker = Callable[[Sequence[Instrument], Terms, int, int], Matching]


@dataclass
class Desk(Play):
    """A scenario with money: accounts 1 to 7, each with what `rich` gives it."""

    contracts: tuple[Contract, ...] = (SPOT, FREE, TURNED, FREE)
    instruments: tuple[Instrument, ...] = (PLAIN,) * 4
    opened: Maker | None = None
    rich: int = 0
    symbol: int = GOODS
    seen: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.opened
        terms = Terms(self.contracts, 2)
        self.engine = self.opened(self.instruments, terms, self.accounts, self.max_orders)
        for account in range(1, self.accounts if self.rich else 0):
            self.deposit(account, self.rich)
            self.deposit(account, self.rich, COIN)

    def with_terms(self, symbol: int, **terms: object) -> Desk:
        """A fresh desk, in which one contract has other terms."""
        contracts = list(self.contracts)
        contracts[symbol] = replace(contracts[symbol], **terms)  # type: ignore[arg-type]
        return Desk(
            self.make,
            contracts=tuple(contracts),
            opened=self.opened,
            rich=self.rich,
            symbol=self.symbol,
        )

    def place(self, side: int, quantity: int, price: int = 0, **more: int) -> int:
        more.setdefault("symbol", self.symbol)
        return super().place(side, quantity, price, **more)

    def phase(self, phase: Phase, symbol: int | None = None) -> None:
        at = self.symbol if symbol is None else symbol
        self.send(Command(BookOp.PHASE, kind=phase, symbol=at))

    def band_of(self, symbol: int, low: int, high: int) -> None:
        self.send(Command(BookOp.BAND, symbol=symbol, price=low, trigger=high))

    def deposit(self, account: int, quantity: int, asset: int = DOLLAR) -> None:
        self.send(Command(Op.DEPOSIT, symbol=asset, account=account, quantity=quantity))

    def withdraw(self, account: int, quantity: int, asset: int = DOLLAR) -> None:
        self.send(Command(Op.WITHDRAW, symbol=asset, account=account, quantity=quantity))

    def leverage(self, account: int, leverage: int, symbol: int = LINEAR) -> None:
        self.send(Command(Op.LEVERAGE, symbol=symbol, account=account, quantity=leverage))

    def isolate(self, account: int, symbol: int = LINEAR, mode: int = Mode.ISOLATED) -> None:
        self.send(Command(Op.MARGIN_MODE, kind=mode, symbol=symbol, account=account))

    def mark(self, price: int, symbol: int = LINEAR) -> None:
        self.send(Command(Op.MARK, symbol=symbol, price=price))

    def fund(self, rate: int, time: int = 8, symbol: int = LINEAR) -> None:
        self.send(Command(Op.FUNDING, symbol=symbol, quantity=rate, trigger=time))

    def deal(
        self, buyer: int, seller: int, quantity: int, price: int, symbol: int = LINEAR
    ) -> None:
        """A trade: the seller rests, the buyer takes."""
        self.sell(quantity, price, account=seller, symbol=symbol)
        self.buy(quantity, price, account=buyer, symbol=symbol)
        assert self.trades, self.said

    def _money(self) -> tuple[list[int], list[Sequence[int]], list[Sequence[int]]]:
        words = list(self.engine.words())
        parts, end = split(words)
        money = words[end + 1 + 3 * words[end] :]
        _, _, at = terms_of(money, len(parts))
        return money, *tables(money[at:])

    def wallet(self, account: int, asset: int = DOLLAR) -> tuple[int, int]:
        """(money, held)."""
        _, wallets, _ = self._money()
        found = [tuple(row[2:]) for row in wallets if tuple(row[:2]) == (account, asset)]
        return (found[0][0], found[0][1]) if found else (0, 0)

    def money(self, account: int, asset: int = DOLLAR) -> int:
        return self.wallet(account, asset)[0]

    def row(self, account: int, symbol: int = LINEAR) -> tuple[int, int]:
        """(cost, margin)."""
        _, _, rows = self._money()
        found = [(row[2], row[3]) for row in rows if tuple(row[:2]) == (symbol, account)]
        return found[0] if found else (0, 0)

    def position(self, account: int, symbol: int = LINEAR) -> int:
        words = list(self.engine.words())
        _, end = split(words)
        for at in range(end + 1, end + 1 + 3 * words[end], 3):
            if words[at : at + 2] == [symbol, account]:
                return words[at + 2]
        return 0

    def funds(self, asset: int = DOLLAR) -> tuple[int, int]:
        """(fund, house)."""
        money, _, _ = self._money()
        at = 2 + FUND_WORDS * asset
        return money[at], money[at + 1]

    def of(self, happening: int) -> list[Event]:
        """The last command's events of a kind."""
        return [event for event in self.said if event.happening == happening]

    def rests(self, order_id: int) -> bool:
        parts, _ = split(list(self.engine.words()))
        return any(order_id in list(part[11::11]) for part in parts)


__all__ = ["BUY", "SELL"]
