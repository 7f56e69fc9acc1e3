"""One account as a decision meets it: what it holds, what it has under way, what it is worth.

An account's state is what it has ordered and not yet seen in its portfolio. Until the portfolio
names an order, or the order's life and the grace after it are over, the order counts against the
account's limits as if it had been filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from engine.risk import Standing, margin_of, notional_of
from engine.stage import Context
from schemas import names
from schemas.commands import ControlState
from schemas.decisions import Decision
from schemas.instruments import Instrument, Kind
from schemas.portfolio import Portfolio
from schemas.record import Record, symbol_of

GRACE = 10_000_000_000
"""ns after an order's expiry for its outcome to come back in the portfolio."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An order under way; margin is what it will bind in quote, zero for a closing one."""

    client_order_id: str
    venue: str
    expires: int
    margin: Decimal

    @property
    def over(self) -> int:
        """ns after which nothing more is to be expected of it."""
        return self.expires + GRACE


@dataclass(slots=True)
class AccountState:
    """One account: its orders under way, by symbol."""

    account: str
    pending: dict[str, Pending] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """The state of an account, the decision that it meets, and the tables at that moment."""

    state: AccountState
    decision: Decision
    context: Context

    def row(self, topic: str, key: str) -> Record | None:
        """The latest record of a side input under a key."""
        return self.context.tables.get(topic, {}).get(key)

    @property
    def position(self) -> Portfolio | None:
        """The portfolio's record of the decision's symbol, None before its first."""
        row = self.row(names.PORTFOLIO, f"{self.state.account}:{self.decision.symbol}")
        return cast("Portfolio | None", row)

    @property
    def held(self) -> Decimal:
        """The signed quantity that the account holds of the symbol."""
        return Decimal(0) if self.position is None else Decimal(self.position.quantity)

    @property
    def elsewhere(self) -> bool:
        """True when the symbol's position is at another venue: a portfolio has one a symbol."""
        return self.position is not None and self.position.venue not in (None, self.decision.venue)

    @property
    def halted(self) -> bool:
        """True while a halt of the account is set."""
        row = self.row(names.STATE, f"{self.state.account}:halt")
        return row is not None and cast(ControlState, row).value == "true"

    @property
    def equity(self) -> Decimal | None:
        """The account's equity in quote, None before the portfolio has told it."""
        row = self.row(names.PORTFOLIO, f"{self.state.account}:*")
        equity = None if row is None else cast(Portfolio, row).equity
        return None if equity is None else Decimal(equity)

    def positions(self) -> Iterator[tuple[str, Portfolio]]:
        """The account's positions that are not flat, by symbol, in the order of their keys."""
        rows = self.context.tables.get(names.PORTFOLIO, {})
        for key in sorted(rows):
            row = cast(Portfolio, rows[key])
            if row.type == "position" and Decimal(row.quantity):
                yield symbol_of(key), row

    def named(self, symbol: str, pending: Pending) -> bool:
        """True when the portfolio's last order of the symbol is the pending one."""
        row = self.row(names.PORTFOLIO, f"{self.state.account}:{symbol}")
        return row is not None and cast(Portfolio, row).last_order == pending.client_order_id

    def instrument(self, venue: str, symbol: str) -> Instrument | None:
        """What may be traded under a venue and symbol."""
        return cast("Instrument | None", self.row(names.INSTRUMENTS, f"{venue}:{symbol}"))

    def standing(self, equity: Decimal, leverage: Decimal) -> Standing:
        """Margin and number of all other symbols, held or under way, in the order of their names.

        A position is valued at its mark, else at its entry.
        """
        margins = {
            symbol: pending.margin
            for symbol, pending in self.state.pending.items()
            if pending.margin
        }
        for symbol, position in self.positions():
            margins[symbol] = margins.get(symbol, Decimal(0)) + self._margin(position, leverage)
        ordered = [margins[symbol] for symbol in sorted(margins)]
        return Standing(equity, sum(ordered, Decimal(0)), len(ordered))

    def _margin(self, position: Portfolio, leverage: Decimal) -> Decimal:
        venue, symbol = position.venue or self.decision.venue, position.symbol or ""
        quantity, price = abs(Decimal(position.quantity)), position.mark or position.entry or "0"
        instrument = self.instrument(venue, symbol)
        if instrument is None:
            kind = Kind.LINEAR if ":" in symbol else Kind.SPOT
            return margin_of(quantity * Decimal(price), kind, leverage)
        notional = notional_of(quantity, Decimal(price), instrument)
        return margin_of(notional, instrument.kind, leverage)

    def settle(self) -> None:
        """Forget orders that the portfolio has named, and this market's own when its grace is over.

        Other markets' orders wait for their own clock.
        """
        decision, pending = self.decision, self.state.pending
        own = pending.get(decision.symbol)
        if own is not None and own.venue == decision.venue and self.context.now > own.over:
            del pending[decision.symbol]
        for symbol in [each for each in pending if self.named(each, pending[each])]:
            del pending[symbol]
