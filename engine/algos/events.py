"""What a parent order hears. at: ns of market time; child: a child's client order id."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.refusals import Reason


@dataclass(frozen=True, slots=True)
class Began:
    """It is to be worked from now on. Heard once, before all else."""

    at: int


@dataclass(frozen=True, slots=True)
class Ticked:
    """The market has moved, or a second has passed. bid, ask: best prices, None without a book that
    may be met; traded: quantity that others have traded since the last one.
    """

    at: int
    bid: int | None
    ask: int | None
    traded: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """A child rests at the venue."""

    at: int
    child: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A child traded a quantity."""

    at: int
    child: str
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Replaced:
    """A child has another limit or whole quantity now."""

    at: int
    child: str
    quantity: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A child is over with a rest, or was never taken. asked: its withdrawal had been sent."""

    at: int
    child: str
    reason: Reason | None
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A change that was sent is done, or refused for a reason. command: its id."""

    at: int
    command: str
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """It is to end: its children are withdrawn, and it is over with the last of them."""

    at: int


@dataclass(frozen=True, slots=True)
class AmendAsked:
    """It is to have another whole quantity or limit; None leaves one as it is."""

    at: int
    quantity: int | None
    limit: int | None


Event = (
    Began | Ticked | Opened | Filled | Replaced | Ended | Answered | CancelAsked | AmendAsked
)  # fmt: skip
