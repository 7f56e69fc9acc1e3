"""What an account holds and is worth, from what became of its orders: statuses -> portfolio.

Exact sums: see engine.position (cost basis, results, round trips) and engine.margin (margins,
liquidation). A position's results are in the money it settles in. Strategies and accounts are told
in one quote: what an inverse contract settles in base is valued at the position's mark, and USD,
USDT and USDC count as one money, at par. So an account's figures are the sums of its strategies'
(manual trading counts as the strategy without a name, which has no record of its own), and

    equity = start + realised + unrealised - fees - funding

An account trades a symbol at one venue. A strategy's equity is what it has won, from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine import holdings
from engine.costs import EXACT, text
from engine.holdings import Holdings
from engine.margin import Watch, watch
from engine.portfolio_rows import account_row, position_row, strategy_row
from engine.position import Fill, Position, RoundTrip, kind_of
from engine.stage import Context as StepContext
from engine.stage import Draft
from schemas import names
from schemas.instruments import Kind
from schemas.orders import Contract
from schemas.portfolio import Portfolio
from schemas.record import Record, venue_of
from schemas.statuses import Status


class PortfolioSettings(BaseModel):
    """equity: what an account starts with, in quote; accounts: those that start with another.

    maintenance: margin rate where the contract names none. 0.4 % is the lowest tier of BTCUSDT and
    of BTCUSD perpetuals; source: https://www.binance.com/en/futures/trading-rules/perpetual/leverage-margin
    near: share of the way from entry to liquidation after which the watch says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    equity: Decimal = Decimal(10000)
    accounts: dict[str, Decimal] = {}
    maintenance: dict[Kind, Decimal] = {
        Kind.LINEAR: Decimal("0.004"),
        Kind.INVERSE: Decimal("0.004"),
    }
    near: Decimal = Field(default=Decimal("0.8"), gt=0, le=1)

    def start(self, account: str) -> Decimal:
        """Quote with which the account starts."""
        return self.accounts.get(account, self.equity)

    def contract(self, status: Status) -> Contract:
        """The contract of a fill or of funding; by the symbol's name where it tells none."""
        told = status.contract or Contract(kind=kind_of(status.symbol))
        if Decimal(told.maintenance) or told.kind not in self.maintenance:
            return told
        return told.model_copy(update={"maintenance": text(self.maintenance[told.kind])})


class PortfolioStage:
    """trading.statuses -> trading.portfolio; a cell is one account."""

    name = "portfolio"
    main = names.STATUSES
    ignored: frozenset[str] = frozenset()
    sides: dict[str, type[Record]] = {}

    def __init__(self, settings: PortfolioSettings | None = None) -> None:
        self.settings = settings or PortfolioSettings()

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """The account of `account:symbol`."""
        return (venue_of(key),)

    def initial(self, cell: str) -> Holdings:
        """An account that has never traded."""
        return Holdings(cell)

    def step(self, state: Holdings, record: Status, context: StepContext) -> list[Draft]:
        """The position of the status's symbol, the strategies of which a figure has changed, in
        the order in which they first traded it, and the account."""
        holding = state.holding(record.symbol, record.venue)
        position, start = holding.position, self.settings.start(state.account)
        with localcontext(EXACT):
            began = state.turn(context.now, start)
            before = position.shares
            apply(position, record, self.settings)
            anew = position.value()
            if anew:
                holding.watch = self._watch(position)
            holding.orders.take(record)
            state.orders.take(record)
            shares = position.shares.items() if anew else ()
            changed = [name for name, share in shares if name and share != before.get(name)]
            return [
                _draft(position_row(state.account, holding, anew=anew)),
                *[_draft(strategy_row(state, name)) for name in changed],
                _draft(account_row(state, start, anew=anew or began)),
            ]

    def dump(self, state: Holdings) -> Any:
        """Decimals as text, so that nothing is lost."""
        return holdings.dump(state)

    def load(self, data: Any) -> Holdings:
        """The state that `dump` gave."""
        with localcontext(EXACT):
            state = holdings.load(data)
            for each in state.held.values():
                each.watch = self._watch(each.position)
            return state

    def _watch(self, position: Position) -> Watch:
        return watch(
            position.quantity, position.entry, position.liquidation, position.mark,
            self.settings.near,
        )  # fmt: skip


def apply(position: Position, status: Status, settings: PortfolioSettings) -> RoundTrip | None:
    """Take in a fill or funding, if it is one, and the newest price known; the round trip that
    it ended, if any. What is held is held at the venue of the fill that opened it, and valued by
    that venue's prices alone."""
    mark, ended = status.mark, None
    if status.type == "fill" and status.price is not None and status.quantity is not None:
        position.agree(settings.contract(status))
        if not position.quantity:
            position.venue = status.venue
        ended = position.fill(_fill(status, Decimal(status.price), Decimal(status.quantity)))
        mark = mark or status.price
    elif status.type == "funding" and status.amount is not None:
        position.agree(settings.contract(status))
        if not position.ledgers:
            position.strategy = status.strategy
        position.fund(Decimal(status.amount))
    if mark is not None and (status.venue == position.venue or not position.quantity):
        position.mark = Decimal(mark)
    return ended


def _fill(status: Status, price: Decimal, quantity: Decimal) -> Fill:
    """A fee in a third currency is no quote: the tallies tell it in its own (engine.tallies)."""
    signed = quantity if status.side == "buy" else -quantity
    fee = Decimal(0) if status.fee_currency else Decimal(status.fee or 0)
    return Fill(signed, price, fee, status.strategy, status.seen_time)


def _draft(told: Portfolio) -> Draft:
    place = f"@{told.strategy}" if told.type == "strategy" else told.symbol or "*"
    return Draft(names.PORTFOLIO, f"{told.account}:{place}", told, fresh=True)
