"""State of an account: its positions, the orders it has at the venue, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.costs import EXACT, text
from engine.figures import Figures, Progress
from engine.lifecycle import TERMINAL
from engine.margin import Watch
from engine.position import Ledger, Position, Trip
from engine.spans import DAY
from schemas.orders import Contract
from schemas.statuses import Status

REMEMBERED = 32
"""Ids of finished orders that are told."""


@dataclass
class Orders:
    """Orders by what their statuses say: ids not yet done, in order of their first status; the
    latest ids that are done, oldest first; and the protection now in force: role and price by id.
    """

    open: dict[str, None] = field(default_factory=dict)
    finished: tuple[str, ...] = ()
    protection: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def last(self) -> str | None:
        """The order that came to its end last."""
        return self.finished[-1] if self.finished else None

    def take(self, status: Status) -> None:
        """Take in a status; one that moves no order's life, or comes after its end, is passed.

        So are those of an order's parts, for the order tells what becomes of them.
        """
        order, part = status.client_order_id, status.parent is not None and status.role is None
        if order is None or status.state is None or part or order in self.finished:
            return
        if status.state in TERMINAL:
            self.open.pop(order, None)
            self.protection.pop(order, None)
            self.finished = (*self.finished, order)[-REMEMBERED:]
            return
        self.open[order] = None
        if status.role and status.price is not None and status.type == "status":
            self.protection[order] = (status.role, status.price)

    def price(self, role: str) -> str | None:
        """The price of the youngest protective order of a role, None when none lives."""
        if not self.protection:
            return None
        prices = [price for kind, price in self.protection.values() if kind == role]
        return prices[-1] if prices else None


@dataclass
class Holding:
    """What an account has of one symbol: the position, the orders, and how near its liquidation is
    (by the stage's settings; not dumped). told: its last row (engine.portfolio_rows; likewise)."""

    position: Position
    orders: Orders = field(default_factory=Orders)
    watch: Watch = "ok"
    told: dict[str, Any] | None = field(default=None, compare=False, repr=False)


@dataclass
class Holdings:
    """State of an account: holdings by symbol, all orders, its progress and its strategies'.

    progress: of the equity, None before the first record; of a strategy: of what it has won.
    told: the account's last row (engine.portfolio_rows; not dumped).
    """

    account: str
    held: dict[str, Holding] = field(default_factory=dict)
    orders: Orders = field(default_factory=Orders)
    progress: Progress | None = None
    strategies: dict[str, Progress] = field(default_factory=dict)
    told: dict[str, Any] | None = field(default=None, compare=False, repr=False)

    def holding(self, symbol: str, venue: str) -> Holding:
        """What is held of a symbol; a new one where it has never been met."""
        found = self.held.get(symbol)
        if found is None:
            found = self.held[symbol] = Holding(Position(symbol, venue))
        return found

    def total(self) -> Figures:
        """The whole account, within `localcontext(EXACT)`."""
        return Figures.sum(each.position.total for each in self.held.values())

    def strategy(self, name: str) -> Figures:
        """All that one strategy has done, within `localcontext(EXACT)`."""
        shares = [each.position.shares.get(name) for each in self.held.values()]
        return Figures.sum(share for share in shares if share is not None)

    def turn(self, now: int, start: Decimal) -> bool:
        """Begin the UTC day of `now` for the account and its strategies, unless it has begun (or
        is over: markets have clocks of their own); whether it begins."""
        day = now // DAY * DAY
        if self.progress is not None and day <= self.progress.day:
            return False
        worth = EXACT.add(start, self.total().net)
        if self.progress is None:
            self.progress = Progress(day, worth, max(start, worth))
        self.progress.begin(day, worth)
        for name, progress in self.strategies.items():
            progress.begin(day, self.strategy(name).net)
        return True


def dump(state: Holdings) -> dict[str, Any]:
    """The state as JSON values; decimals as text, so that nothing is lost."""
    return {
        "account": state.account,
        "orders": _dump_orders(state.orders),
        "progress": None if state.progress is None else _dump_progress(state.progress),
        "strategies": {name: _dump_progress(one) for name, one in state.strategies.items()},
        "positions": {symbol: _dump_holding(each) for symbol, each in state.held.items()},
    }


def load(data: dict[str, Any]) -> Holdings:
    """The state that `dump` gave, or that of a version without orders, ledgers and progress.

    What strategies did before there were any belongs to the one without a name.
    """
    progress = data.get("progress")
    state = Holdings(
        data["account"],
        {symbol: _load_holding(symbol, row) for symbol, row in data["positions"].items()},
        _load_orders(data),
        None if progress is None else _load_progress(progress),
        {name: _load_progress(row) for name, row in data.get("strategies", {}).items()},
    )
    for each in state.held.values():
        each.position.value()
    return state


def _dump_orders(orders: Orders) -> dict[str, Any]:
    return {
        "open": list(orders.open),
        "finished": list(orders.finished),
        "protection": {order: list(row) for order, row in orders.protection.items()},
    }


def _load_orders(row: dict[str, Any]) -> Orders:
    if "orders" not in row:
        return Orders(finished=() if row["last_order"] is None else (row["last_order"],))
    told = row["orders"]
    protection = {order: (role, price) for order, (role, price) in told["protection"].items()}
    return Orders(dict.fromkeys(told["open"]), tuple(told["finished"]), protection)


def _dump_progress(progress: Progress) -> list[Any]:
    return [progress.day, text(progress.day_start), text(progress.peak)]


def _load_progress(row: list[Any]) -> Progress:
    return Progress(row[0], Decimal(row[1]), Decimal(row[2]))


def _dump_holding(holding: Holding) -> dict[str, Any]:
    position, trip = holding.position, holding.position.trip
    contract = position.contract
    return {
        "venue": position.venue,
        "contract": None if contract is None else contract.model_dump(mode="json"),
        "strategy": position.strategy,
        "quantity": text(position.quantity),
        "cost": text(position.cost),
        "cash": text(position.cash),
        "mark": None if position.mark is None else text(position.mark),
        "trip": [trip.opened, text(trip.net), str(trip.margin)],
        "ledgers": {name: _dump_ledger(each) for name, each in position.ledgers.items()},
        "orders": _dump_orders(holding.orders),
    }


def _load_holding(symbol: str, row: dict[str, Any]) -> Holding:
    contract, mark = row.get("contract"), row["mark"]
    cost, cash = Decimal(row["cost"]), Decimal(row["cash"])
    opened, net, margin = row.get("trip", (0, "0", text(cost.copy_abs())))
    ledgers = {name: _load_ledger(each) for name, each in row.get("ledgers", {}).items()}
    if "ledgers" not in row and row["fills"]:
        ledgers[""] = Ledger(EXACT.add(cash, cost), Decimal(row["fees"]), fills=row["fills"])
    position = Position(
        symbol, row["venue"], None if contract is None else Contract(**contract),
        row.get("strategy", ""), Decimal(row["quantity"]), cost, cash,
        None if mark is None else Decimal(mark),
        Trip(opened, Decimal(net), Decimal(margin)), ledgers,
    )  # fmt: skip
    return Holding(position, _load_orders(row))


def _dump_ledger(ledger: Ledger) -> list[Any]:
    return [
        text(ledger.realised), text(ledger.fees), text(ledger.funding),
        ledger.fills, ledger.closed, ledger.won, text(ledger.returned),
    ]  # fmt: skip


def _load_ledger(row: list[Any]) -> Ledger:
    realised, fees, funding, fills, closed, won, returned = row
    return Ledger(
        Decimal(realised), Decimal(fees), Decimal(funding), fills, closed, won, Decimal(returned)
    )
