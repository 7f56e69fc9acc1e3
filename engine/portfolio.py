"""What an account holds and is worth, from what became of its orders: statuses -> portfolio.

A position keeps three exact sums: the signed quantity, the cash that its fills have moved
(-sum of signed quantity * price) and the cost of what is open now. Then

    realised = cash + cost        unrealised = quantity * mark - cost

so that realised + unrealised = cash + quantity * mark exactly, whatever the cost is: closing a part
divides the cost by average price, the one place where something is rounded (to 10^-26, the product
of a price's and a quantity's last unit), and the sum does not feel it. An account trades a symbol
at one venue, and all its symbols are quoted in one money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Any

from pydantic import BaseModel, ConfigDict

from engine.costs import EXACT, text, value
from engine.lifecycle import TERMINAL
from engine.stage import Context as StepContext
from engine.stage import Draft
from schemas import names
from schemas.portfolio import Portfolio
from schemas.record import Record, venue_of
from schemas.statuses import Status

ZERO = Decimal(0)
SPLIT = Decimal("1e-26")
"""Last unit of a cost that had to be divided."""

WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)
AVERAGE = Context(prec=20, rounding=ROUND_HALF_EVEN)
"""An average price is told to 20 significant digits; nothing is computed from it."""


class PortfolioSettings(BaseModel):
    """equity: what an account starts with, in quote; accounts: those that start with another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    equity: Decimal = Decimal(10000)
    accounts: dict[str, Decimal] = {}

    def start(self, account: str) -> Decimal:
        """Quote with which the account starts."""
        return self.accounts.get(account, self.equity)


@dataclass(slots=True)
class Position:
    """What is held of one symbol; sums are exact, see the module's text."""

    venue: str
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    cash: Decimal = ZERO
    fees: Decimal = ZERO
    mark: Decimal | None = None
    fills: int = 0
    last_order: str | None = None

    @property
    def realised(self) -> Decimal:
        """Quote won by what is closed, before fees."""
        return self.cash + self.cost

    @property
    def worth(self) -> Decimal:
        """Quote value of what is open, at the mark; negative when short."""
        return ZERO if self.mark is None else value(self.mark, self.quantity)

    @property
    def unrealised(self) -> Decimal:
        """Quote that closing at the mark would win, before fees."""
        return ZERO if self.mark is None else self.worth - self.cost

    @property
    def entry(self) -> Decimal | None:
        """Average price of what is open, None when flat."""
        return AVERAGE.divide(self.cost, self.quantity) if self.quantity else None

    def fill(self, quantity: Decimal, price: Decimal) -> None:
        """Take a signed quantity at a price: add, close, or close all and open the rest."""
        after = self.quantity + quantity
        if self.quantity * quantity >= 0:
            self.cost += value(price, quantity)
        elif after * quantity > 0:
            self.cost = value(price, after)
        elif after:
            share = WIDE.divide(WIDE.multiply(self.cost, after), self.quantity)
            self.cost = share.quantize(SPLIT, context=WIDE)
        else:
            self.cost = ZERO
        self.cash -= value(price, quantity)
        self.quantity = after
        self.fills += 1


@dataclass
class Holdings:
    """State of an account: its positions by symbol, and its last finished order."""

    account: str
    positions: dict[str, Position] = field(default_factory=dict)
    last_order: str | None = None


class PortfolioStage:
    """trading.statuses -> trading.portfolio; a cell is one account."""

    name = "portfolio"
    main = names.STATUSES
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
        """One position record of the status's symbol, then one account record."""
        position = state.positions.setdefault(record.symbol, Position(record.venue))
        with localcontext(EXACT):
            _apply(position, record)
            if record.state in TERMINAL:
                state.last_order = position.last_order = record.client_order_id
            return [
                _draft(_tell_position(state.account, record.symbol, position)),
                _draft(_tell_account(state, self.settings.start(state.account))),
            ]

    def dump(self, state: Holdings) -> Any:
        """Decimals as text, so that nothing is lost."""
        return {
            "account": state.account,
            "last_order": state.last_order,
            "positions": {key: _dump(position) for key, position in state.positions.items()},
        }

    def load(self, data: Any) -> Holdings:
        """The state that `dump` gave."""
        positions = {key: _load(row) for key, row in data["positions"].items()}
        return Holdings(data["account"], positions, data["last_order"])


def _apply(position: Position, status: Status) -> None:
    """Take in the fill, if it is one, and the newest price known."""
    mark = status.mark
    if status.type == "fill" and status.price is not None and status.quantity is not None:
        quantity = Decimal(status.quantity)
        position.fill(quantity if status.side == "buy" else -quantity, Decimal(status.price))
        position.fees += Decimal(status.fee or 0)
        mark = mark or status.price
    if mark is not None:
        position.mark = Decimal(mark)


def _draft(told: Portfolio) -> Draft:
    return Draft(names.PORTFOLIO, f"{told.account}:{told.symbol or '*'}", told)


def _tell_position(account: str, symbol: str, position: Position) -> Portfolio:
    return Portfolio(
        type="position",
        account=account,
        venue=position.venue,
        symbol=symbol,
        quantity=text(position.quantity),
        entry=_optional(position.entry),
        mark=_optional(position.mark),
        realised=text(position.realised),
        unrealised=text(position.unrealised),
        fees=text(position.fees),
        exposure=text(abs(position.worth)),
        fills=position.fills,
        last_order=position.last_order,
    )


def _tell_account(state: Holdings, start: Decimal) -> Portfolio:
    """Equity is start + realised - fees + unrealised; each is the exact sum over the positions."""
    held = state.positions.values()
    realised = sum((position.realised for position in held), ZERO)
    unrealised = sum((position.unrealised for position in held), ZERO)
    fees = sum((position.fees for position in held), ZERO)
    return Portfolio(
        type="account",
        account=state.account,
        realised=text(realised),
        unrealised=text(unrealised),
        fees=text(fees),
        equity=text(start + realised - fees + unrealised),
        exposure=text(sum((abs(position.worth) for position in held), ZERO)),
        positions=sum(1 for position in held if position.quantity),
        fills=sum(position.fills for position in held),
        last_order=state.last_order,
    )


def _optional(amount: Decimal | None) -> str | None:
    return None if amount is None else text(amount)


def _dump(position: Position) -> dict[str, Any]:
    return {
        "venue": position.venue,
        "quantity": text(position.quantity),
        "cost": text(position.cost),
        "cash": text(position.cash),
        "fees": text(position.fees),
        "mark": _optional(position.mark),
        "fills": position.fills,
        "last_order": position.last_order,
    }


def _load(row: dict[str, Any]) -> Position:
    mark = row["mark"]
    return Position(
        venue=row["venue"],
        quantity=Decimal(row["quantity"]),
        cost=Decimal(row["cost"]),
        cash=Decimal(row["cash"]),
        fees=Decimal(row["fees"]),
        mark=None if mark is None else Decimal(mark),
        fills=row["fills"],
        last_order=row["last_order"],
    )
