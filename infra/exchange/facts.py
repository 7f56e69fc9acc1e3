"""What a house tells its listeners, in the order in which it happened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from infra.exchange.accounts import Account
from infra.exchange.listing import Market
from infra.exchange.orders import Fill, Order, Status


class Execution(StrEnum):
    """What happened to an order."""

    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    AMENDMENT = "AMENDMENT"


@dataclass(frozen=True, slots=True)
class Report:
    """An order as it was at that moment; fill: of a TRADE."""

    order: Order
    what: Execution
    status: Status
    filled: int
    tick_lots: int
    at: int
    fill: Fill | None = None


class Reason(StrEnum):
    """Why money or a position changed."""

    ORDER = "ORDER"
    DEPOSIT = "DEPOSIT"
    WITHDRAW = "WITHDRAW"
    FUNDING = "FUNDING_FEE"
    INSURANCE = "INSURANCE_CLEAR"
    MARGIN_TYPE = "MARGIN_TYPE_CHANGE"


@dataclass(frozen=True, slots=True)
class Changed:
    """An account's money, and its positions in those markets."""

    account: Account
    reason: Reason
    markets: tuple[Market, ...]
    assets: tuple[int, ...]
    amount: int
    at: int


@dataclass(frozen=True, slots=True)
class Configured:
    """An account's leverage in a market."""

    account: Account
    market: Market
    leverage: int
    at: int


@dataclass(frozen=True, slots=True)
class Trade:
    """A public trade; taker_buys: the aggressor's side."""

    number: int
    market: Market
    price: int
    lots: int
    taker_buys: bool
    at: int
    buyer: int = 0
    seller: int = 0


@dataclass(frozen=True, slots=True)
class Marked:
    """A new mark price, in ticks."""

    market: Market
    price: int
    at: int


Fact = Report | Changed | Configured | Trade | Marked
