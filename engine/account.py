"""One account as a decision meets it: what it holds, what it has under way, what it is worth.

An account's state is what it has ordered and not yet seen in its portfolio. Until the portfolio
names an order as done, or the order's life and the grace after it are over and the venue does not
have it, the order counts against the account's limits as if it had been filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, cast

from engine.stage import Context
from engine.values import value
from schemas import names
from schemas.commands import ControlState
from schemas.decisions import Decision
from schemas.instruments import Instrument
from schemas.orders import OrderCommand
from schemas.portfolio import Portfolio
from schemas.record import Record, symbol_of
from schemas.ticks import Side

GRACE = 10_000_000_000
"""ns after an order's expiry by which the venue is done with it, on the portfolio's own clock."""

ZERO = Decimal(0)

Does = Literal["open", "reduce", "protect", "change"]
"""What a command does to the position; "change" is one that binds nothing, as a cancel."""


@value(frozen=True, slots=True)
class Pending:
    """An order under way; margin, notional and loss (at its stop) are what it will bind, in quote.

    quantity: of one that opens or adds, in base (contracts).
    resting: it may wait at the venue; stop: what it protects by; command: of one that rests, as it
    was last changed.
    """

    client_order_id: str
    venue: str
    symbol: str
    side: Side
    expires: int
    does: Does
    resting: bool = False
    margin: Decimal = ZERO
    notional: Decimal = ZERO
    loss: Decimal = ZERO
    stop: str | None = None
    command: OrderCommand | None = None
    quantity: Decimal = ZERO

    @property
    def over(self) -> int:
        """ns at which the portfolio, once it has come so far, knows of all that it did."""
        return self.expires + GRACE


@dataclass(slots=True)
class AccountState:
    """One account: its orders under way and those that wait for a person's word, by client id.

    adds: how often each symbol's position was added to; reduced: symbols whose position was halved
    since a verdict last was for it; commands: ns of the latest ones; sizes: ns
    and notional of the latest entries.
    handled: number of the latest request of a person that each market (venue:symbol) has handled;
    said: numbers of the latest requests that some market has answered.
    lost_day: UTC day (ns) whose loss stopped entries; fallen: the drawdown halts the account, and
    how far `resumed` had been read then; high: highest equity since that was lifted.
    """

    account: str
    pending: dict[str, Pending] = field(default_factory=dict)
    awaiting: dict[str, OrderCommand] = field(default_factory=dict)
    adds: dict[str, int] = field(default_factory=dict)
    reduced: set[str] = field(default_factory=set)
    commands: list[int] = field(default_factory=list)
    sizes: list[tuple[int, Decimal]] = field(default_factory=list)
    handled: dict[str, int] = field(default_factory=dict)
    said: list[int] = field(default_factory=list)
    lost_day: int | None = None
    fallen: int | None = None
    high: Decimal | None = None

    def dump(self) -> Any:
        """As JSON values."""
        return {
            "account": self.account,
            "pending": [_dump(each) for each in self.pending.values()],
            "awaiting": [each.model_dump(mode="json") for each in self.awaiting.values()],
            "adds": dict(self.adds),
            "reduced": sorted(self.reduced),
            "commands": list(self.commands),
            "sizes": [[at, str(notional)] for at, notional in self.sizes],
            "handled": dict(self.handled),
            "said": list(self.said),
            "lost_day": self.lost_day,
            "fallen": self.fallen,
            "high": None if self.high is None else str(self.high),
        }

    @classmethod
    def load(cls, data: Any) -> AccountState:
        """What `dump` gave, in this version or the one that knew an order a symbol."""
        rows = data["pending"]
        old = isinstance(rows, dict)
        orders = [_old(*row) for row in rows.items()] if old else [_load(row) for row in rows]
        waiting = [OrderCommand.model_validate(row) for row in data.get("awaiting", ())]
        high = data.get("high")
        return cls(
            data["account"],
            {each.client_order_id: each for each in orders},
            {each.client_order_id: each for each in waiting},
            dict(data.get("adds", {})),
            set(data.get("reduced", ())),
            list(data.get("commands", ())),
            [(at, Decimal(notional)) for at, notional in data.get("sizes", ())],
            dict(data.get("handled", {})),
            list(data.get("said", ())),
            data.get("lost_day"),
            data.get("fallen"),
            None if high is None else Decimal(high),
        )


@dataclass(slots=True)
class Account:
    """The state of an account, the decision that it meets, and the tables at that moment; made for
    one step, and not frozen, which would take three times as long.

    position: the portfolio's record of the decision's symbol, None before its first; held: signed
    quantity that the account holds of the symbol.
    """

    state: AccountState
    decision: Decision
    context: Context
    position: Portfolio | None = field(init=False)
    held: Decimal = field(init=False)

    def __post_init__(self) -> None:
        found = self.position = self.portfolio(self.decision.symbol)
        self.held = ZERO if found is None else Decimal(found.quantity)

    def row(self, topic: str, key: str) -> Record | None:
        """The latest record of a side input under a key."""
        rows = self.context.tables.get(topic)
        return None if rows is None else rows.get(key)

    def setting(self, name: str) -> ControlState | None:
        """What control.state has of the account under a name."""
        return cast("ControlState | None", self.row(names.STATE, f"{self.state.account}:{name}"))

    def portfolio(self, what: str) -> Portfolio | None:
        """The portfolio's record of a symbol, or of the account (`*`)."""
        return cast("Portfolio | None", self.row(names.PORTFOLIO, f"{self.state.account}:{what}"))

    @property
    def elsewhere(self) -> bool:
        """True when the symbol's position is at another venue: a portfolio has one a symbol."""
        return self.position is not None and self.position.venue not in (None, self.decision.venue)

    @property
    def owner(self) -> str:
        """The strategy that the symbol's position belongs to, "" where none is known."""
        return "" if self.position is None else self.position.strategy

    @property
    def equity(self) -> Decimal | None:
        """The account's equity in quote, None before the portfolio has told it."""
        row = self.portfolio("*")
        return None if row is None or row.equity is None else Decimal(row.equity)

    def positions(self) -> Iterator[tuple[str, Portfolio]]:
        """The account's positions that are not flat, by symbol, in the order of their keys."""
        rows = self.context.tables.get(names.PORTFOLIO, {})
        for key in sorted(rows):
            row = cast(Portfolio, rows[key])
            if row.type == "position" and row.quantity != "0" and Decimal(row.quantity):
                yield symbol_of(key), row

    def instrument(self, venue: str, symbol: str) -> Instrument | None:
        """What may be traded under a venue and symbol."""
        return cast("Instrument | None", self.row(names.INSTRUMENTS, f"{venue}:{symbol}"))

    def under_way(
        self, *does: Does, resting: bool = False, waiting: bool = True
    ) -> Iterator[Pending]:
        """Orders of the symbol that do one of these; resting, waiting: also those that rest at the
        venue, and those that wait for a person.
        """
        symbol = self.decision.symbol
        for each in self.state.pending.values():
            mine = each.symbol == symbol and each.does in does
            seen = waiting or each.client_order_id not in self.state.awaiting
            if mine and seen and (resting or not each.resting):
                yield each

    def settle(self) -> list[OrderCommand]:
        """Forget orders that are done, and what nobody approved in time; gives the latter.

        What an order may bind is bound until the portfolio tells of it, or has passed its grace
        without a word of it: news that are late, or do not come at all, loosen no limit.
        """
        pending, now = self.state.pending, self.context.now
        lapsed: list[OrderCommand] = []
        for name, command in list(self.state.awaiting.items()):
            mine = (command.venue, command.symbol) == (self.decision.venue, self.decision.symbol)
            if mine and now > command.expires:
                lapsed.append(self.state.awaiting.pop(name))
                pending.pop(name, None)
        for name in [name for name, each in pending.items() if self._done(each)]:
            del pending[name]
        return lapsed

    def _done(self, order: Pending) -> bool:
        row, name = self.portfolio(order.symbol), order.client_order_id
        if row is not None:
            if name == row.last_order or name in row.finished:
                return True
            if order.does == "protect" and _same(order.stop, row.stop):
                return True
            if name in row.open_orders:
                return False
        heard = -1 if row is None else row.seen_time
        return heard > order.over and name not in self.state.awaiting


def _same(asked: str | None, found: str | None) -> bool:
    return asked is not None and found is not None and Decimal(asked) == Decimal(found)


def _dump(order: Pending) -> list[Any]:
    return [
        order.client_order_id, order.venue, order.symbol, order.side, order.expires, order.does,
        order.resting, str(order.margin), str(order.notional), str(order.loss), order.stop,
        None if order.command is None else order.command.model_dump(mode="json"),
        str(order.quantity),
    ]  # fmt: skip


def _load(row: list[Any]) -> Pending:
    name, venue, symbol, side, expires, does, resting, margin, notional, loss, stop, command = row[
        :12
    ]
    return Pending(
        name,
        venue,
        symbol,
        side,
        expires,
        does,
        resting,
        Decimal(margin),
        Decimal(notional),
        Decimal(loss),
        stop,
        None if command is None else OrderCommand.model_validate(command),
        Decimal(row[12]) if len(row) > 12 else ZERO,
    )


def _old(symbol: str, row: list[Any]) -> Pending:
    """An order of the version that kept one a symbol and knew of its margin only."""
    name, venue, expires, margin = row
    bound = Decimal(margin)
    does: Does = "open" if bound else "reduce"
    return Pending(name, venue, symbol, "buy", expires, does, margin=bound)
