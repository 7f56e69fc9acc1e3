"""What an algorithm wishes for, and what is sent for it."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.orders import TimeInForce
from schemas.refusals import Reason


@dataclass(frozen=True, slots=True)
class Send:
    """A child of at most that quantity: cut to what may still be sent. limit None: at any price."""

    quantity: int
    limit: int | None
    time_in_force: TimeInForce = TimeInForce.GTC


@dataclass(frozen=True, slots=True)
class Amend:
    """Another limit, or less of it, for a child; None leaves one as it is. A child never grows."""

    child: str
    quantity: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The end of a child."""

    child: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of the whole order, with what it has. reason: why, None for as it was to be."""

    reason: Reason | None = None


Wish = Send | Amend | Withdraw | Finish


@dataclass(frozen=True, slots=True)
class PlaceChild:
    """Send a new order. order_id: the child's; later: the parent has traded before."""

    order_id: str
    quantity: int
    limit: int | None
    time_in_force: TimeInForce
    later: bool


@dataclass(frozen=True, slots=True)
class AmendChild:
    """Change one. order_id: the command's own; quantity: the whole of it, None as it is."""

    order_id: str
    child: str
    quantity: int | None
    limit: int | None


@dataclass(frozen=True, slots=True)
class WithdrawChild:
    """Cancel one. order_id: the command's own."""

    order_id: str
    child: str


ChildCommand = PlaceChild | AmendChild | WithdrawChild
