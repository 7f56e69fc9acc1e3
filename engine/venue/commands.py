"""What travels to the venue: orders, and commands that change or withdraw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.values import value
from schemas.orders import Contract, OrderType, TimeInForce
from schemas.ticks import Side

LINEAR = Contract()

Role = Literal["stop", "target"]


@dataclass(frozen=True, slots=True)
class Follows:
    """What of a position's protection moves, or ends it.

    distance: of the stop behind the best price, in units of 10^-20 quote, or of 10^-22 of that
    price where it is a share; 0 where it stays. It moves once the price was at `activation`.
    lasts: ns after which the position is closed.
    """

    distance: int = 0
    share: bool = False
    activation: int | None = None
    lasts: int | None = None


@value(frozen=True, slots=True)
class Order:
    """An order. limit None: at any price; trigger: where a stop wakes up.

    A post-only limit order rests whatever its time in force; that of a stop counts from its
    trigger. stop, target, follows: protection that its fills bring. role: the half of the
    position's protection that this order is, with the id of the command that asked for it.
    later: a part of an order that has traded before: protection that is there keeps its prices.
    """

    order_id: str
    due: int
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: int
    limit: int | None
    reduce_only: bool
    contract: Contract = LINEAR
    trigger: int | None = None
    post_only: bool = False
    stop: int | None = None
    target: int | None = None
    strategy: str = ""
    parent: str | None = None
    role: Role | None = None
    later: bool = False
    follows: Follows | None = None

    @property
    def sign(self) -> int:
        """1 for a buy, -1 for a sell."""
        return 1 if self.side == "buy" else -1

    @property
    def stops(self) -> bool:
        """Whether it sleeps until its trigger."""
        return self.type in (OrderType.STOP, OrderType.STOP_LIMIT)


@dataclass(frozen=True, slots=True)
class Modify:
    """New whole quantity, limit or trigger of orders that rest; None leaves one as it is."""

    order_id: str
    due: int
    orders: tuple[str, ...]
    quantity: int | None
    limit: int | None
    trigger: int | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Withdraw the orders named, or all of the market where none is named."""

    order_id: str
    due: int
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Protect:
    """New stop and target of the position; None leaves one as it is."""

    order_id: str
    due: int
    stop: int | None
    target: int | None
    contract: Contract = LINEAR
    strategy: str = ""
    follows: Follows | None = None


Command = Order | Modify | Cancel | Protect
