"""One account over the real stages of orders, execution and portfolio, with the news between them.

What one stage gives waits until the next one is told to take it, so that each may lag as it likes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from engine.execution import ExecutionStage
from engine.orders import OrdersStage
from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.requests import Asked, Wanted, told
from engine.risk import RiskSettings
from engine.stage import Cell
from schemas import names
from schemas.codec import decode, encode
from schemas.commands import ControlState
from schemas.decisions import Verdict
from schemas.orders import OrderCommand, OrderDecision
from schemas.record import Record, symbol_of
from schemas.statuses import JournalEntry, Status
from schemas.system import Snapshot
from schemas.ticks import Ticks
from tests.unit.market_tape import record, trade, whole
from tests.unit.trading import ACCOUNT, decision, instrument

MS = 10**6
UNITS = Decimal(10**18)
ZERO = Decimal(0)
EXECUTION = ExecutionStage()


class WholeAccount:
    """approved: opening commands by client order id, with the most that each may fill."""

    def __init__(self, keys: tuple[str, ...], limits: RiskSettings, equity: str) -> None:
        portfolio = PortfolioStage(PortfolioSettings(equity=Decimal(equity)))
        self.orders: Cell[Any] = Cell.fresh(OrdersStage((ACCOUNT,), limits), ACCOUNT)
        self.executor: Cell[Any] = Cell.fresh(EXECUTION, ACCOUNT)
        self.portfolio: Cell[Any] = Cell.fresh(portfolio, ACCOUNT)
        self.keys, self.now = keys, 0
        self.ticks: dict[str, list[Ticks]] = {key: [] for key in keys}
        self.sent: deque[OrderDecision] = deque()
        self.statuses: deque[Status] = deque()
        self.news: deque[Record] = deque()
        self.approved: dict[str, tuple[OrderCommand, Decimal]] = {}
        self.asked: list[Asked] = []
        self.fills = 0
        for key in keys:
            self.orders.take(names.INSTRUMENTS, instrument(key))

    def moves(self, key: str, price: str, size: str, ms: int = 50) -> None:
        """The market of a symbol: a book of that size around the price, and a trade at it."""
        self.now += ms * MS
        at, seq = Decimal(price), len(self.ticks[key])
        book = whole(((str(at - Decimal("0.01")), size),), ((price, size),))
        self.ticks[key].append(record(seq, self.now, book, trade(price, size), key=key))

    def meets(self, key: str, verdict: Verdict, *, clock: bool = False, **fields: Any) -> None:
        """A decision on the symbol's market as it is now, and what the account makes of it."""
        last = self.ticks[key][-1]
        found = decision(
            last.seq, verdict, key, tick=last.seq, seen_time=self.now, clock=clock,
            bid=last.books.bids[-1][0], ask=last.books.asks[-1][0], **fields,
        )  # fmt: skip
        for out in self.orders.take(names.DECISIONS, found):
            if isinstance(out.record, OrderDecision):
                self.sent.append(out.record)
                self._approve(out.record)

    def _approve(self, order: OrderDecision) -> None:
        command = order.command
        if order.outcome != "approved" or command is None or command.reduce_only:
            return
        if command.action == "place":
            self.approved[command.client_order_id] = command, Decimal(command.quantity)
        elif command.action == "modify":
            for name in command.orders:
                if name not in self.approved:
                    continue  # it is done, and the account has not heard of it
                old, most = self.approved[name]
                self.approved[name] = old, max(most, Decimal(command.quantity))

    def says(self, command: Wanted) -> None:
        """A person asks for something; the next decision of its market carries it out."""
        number = len(self.asked)
        self.asked.append(
            Asked(number=number, id=f"c{number}", seen=self.now, by="ann", command=command)
        )
        row = ControlState(
            seq=number, key=f"{ACCOUNT}:requests", account=ACCOUNT, setting="requests",
            value=told(self.asked[-8:]), seen_time=self.now,
        )  # fmt: skip
        self.orders.take(names.STATE, row)

    def execute(self, number: int) -> None:
        """The executor takes some of the orders, after the ticks that they rest on."""
        for order in drawn(self.sent, number):
            key = f"{order.venue}:{order.symbol}"
            first = EXECUTION.position_of(self.executor.state, key) + 1
            for ticks in self.ticks[key][first : order.tick + 1]:
                EXECUTION.follow(self.executor.state, ticks)
            for out in self.executor.take(names.ORDERS, order):
                if isinstance(out.record, Status):
                    self.statuses.append(out.record)
                    self.fills += out.record.type == "fill"

    def tell(self, number: int) -> None:
        """The portfolio takes some of the statuses."""
        for status in drawn(self.statuses, number):
            self.news.extend(out.record for out in self.portfolio.take(names.STATUSES, status))

    def hear(self, number: int) -> None:
        """The account takes some of the portfolio's news."""
        for row in drawn(self.news, number):
            self.orders.take(names.PORTFOLIO, row)

    def settle(self) -> None:
        """All that waits arrives."""
        self.execute(len(self.sent))
        self.tell(len(self.statuses))
        self.hear(len(self.news))

    def restart(self, which: str) -> None:
        """One of the stages goes on from the bytes of its snapshot."""
        cell: Cell[Any] = getattr(self, which)
        kept = decode(Snapshot, encode(cell.snapshot()))
        setattr(self, which, Cell.restore(cell.stage, kept))

    def held(self, key: str) -> Decimal:
        """What the venue has of a symbol, signed."""
        market = self.executor.state.markets.get(key)
        return ZERO if market is None else Decimal(market.position) / UNITS

    def open(self) -> Iterator[tuple[str, int, Decimal]]:
        """Key, sign and the rest of each opening order that is not done."""
        for name, (command, most) in list(self.approved.items()):
            if name in self.executor.state.finished:
                del self.approved[name]
                continue
            living = self.executor.state.living.get(name)
            rest = most if living is None else most - filled(living.entry)
            yield f"binance:{command.symbol}", 1 if command.side == "buy" else -1, rest

    def equity(self) -> Decimal:
        """As the account knows it."""
        row: Any = self.orders.tables[names.PORTFOLIO][f"{ACCOUNT}:*"]
        return Decimal(row.equity)

    def resting(self) -> list[tuple[str, OrderCommand]]:
        """Opening orders that the portfolio has told the account to rest."""
        rows: Any = self.orders.tables.get(names.PORTFOLIO, {})
        there = {name for row in rows.values() for name in row.open_orders}
        return [(name, command) for name, (command, _) in self.approved.items() if name in there]


def drawn(queue: deque[Any], number: int) -> Iterator[Any]:
    """The first ones of a queue, taken from it."""
    for _ in range(min(number, len(queue))):
        yield queue.popleft()


def filled(entry: JournalEntry) -> Decimal:
    """What an order has filled so far."""
    return sum((Decimal(one.quantity or 0) for one in entry.statuses if one.type == "fill"), ZERO)


def base_and_quote(key: str) -> tuple[str, str]:
    """A and USDT:USDT of binance:A/USDT:USDT."""
    base, _, quote = symbol_of(key).partition("/")
    return base, quote
