"""What a client wants, the order it becomes, and its fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.matching.codes import BUY, CANCEL_OLDEST, GTC

if TYPE_CHECKING:
    from infra.exchange.accounts import Account
    from infra.exchange.listing import Market


class Status(StrEnum):
    """What became of an order. EXPIRED: ended by the venue's rules, CANCELED: on request."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"

    @property
    def live(self) -> bool:
        """Whether it may still trade."""
        return self in (Status.NEW, Status.PARTIALLY_FILLED)


class Type(StrEnum):
    """MARKET takes what there is up to the venue's bound; LIQUIDATION is the venue's own."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    LIQUIDATION = "LIQUIDATION"


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as it is asked for. price: ticks, the bound of a market order.

    tif: of engine.matching.codes; prevention: what ends where it meets its own account; notes:
    what the dialect tells of it again.
    """

    market: Market
    side: int
    type: Type
    lots: int
    price: int
    client: str
    tif: int = GTC
    post_only: bool = False
    reduce_only: bool = False
    prevention: int = CANCEL_OLDEST
    notes: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(slots=True, eq=False)
class Order:
    """An order of the house; times in ns. tick_lots: sum of price times lots of its fills."""

    number: int
    account: Account = field(repr=False)
    wish: Wish
    price: int
    lots: int
    created: int
    updated: int
    status: Status = Status.NEW
    filled: int = 0
    tick_lots: int = 0
    rests: bool = False
    why: int = 0
    fills: list[Fill] = field(default_factory=list)

    @property
    def market(self) -> Market:
        """Where it trades."""
        return self.wish.market

    @property
    def open(self) -> int:
        """Lots that may still trade."""
        return self.lots - self.filled if self.status.live else 0

    @property
    def buys(self) -> bool:
        """Whether it is a buy."""
        return self.wish.side == BUY


@dataclass(frozen=True, slots=True, eq=False)
class Fill:
    """One trade of one order. fee: units of the asset that is charged; realised: units of what the
    market settles in."""

    trade: int
    order: Order = field(repr=False)
    price: int
    lots: int
    maker: bool
    fee: int
    realised: int
    at: int

    @property
    def charged(self) -> str:
        """The asset of the fee."""
        return self.order.market.charged(self.order.buys)
