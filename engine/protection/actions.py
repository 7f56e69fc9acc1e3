"""What the machine wants done."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from schemas.orders import OrderType
from schemas.ticks import Side

Role = Literal["stop", "target"]

Why = Literal["stop", "target", "time", "unprotected", "lost"]
"""Why a position is closed: a watched price was reached, its time is over, or its stop was not
there in time, or was refused or lost twice."""


@dataclass(frozen=True, slots=True)
class ProtectiveOrder:
    """An order that reduces only. A stop has a trigger, a target a price; it is good till
    cancelled. parent: the order that it protects."""

    name: str
    parent: str
    role: Role
    side: Side
    type: OrderType
    quantity: Decimal
    trigger: Decimal | None
    price: Decimal | None
    reduce_only: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Send it."""

    order: ProtectiveOrder


@dataclass(frozen=True, slots=True)
class Replace:
    """Give the order `name` another whole quantity (what is filled of it included) and trigger (a
    target: price). change: the name of the change, and of the order that comes in its place where
    the venue cannot amend; of that one `rest` is the quantity."""

    name: str
    change: str
    role: Role
    quantity: Decimal
    rest: Decimal
    trigger: Decimal | None
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Withdraw the order; one that is still on its way, too. command: the name of this wish."""

    name: str
    command: str


@dataclass(frozen=True, slots=True)
class CloseNow:
    """Close that much at the market, by an order of that name; reduce-only where the venue can."""

    name: str
    parent: str
    side: Side
    quantity: Decimal
    reduce_only: bool
    why: Why


@dataclass(frozen=True, slots=True)
class Alarm:
    """A person should look."""

    text: str


Action = Place | Replace | Cancel | CloseNow | Alarm
