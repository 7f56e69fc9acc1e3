"""What the venue says of an order or of a position."""

from __future__ import annotations

from decimal import Decimal

from engine.costs import Liquidity
from engine.values import value
from engine.venue.commands import Order
from schemas.orders import Contract
from schemas.refusals import Reason


@value(frozen=True, slots=True)
class Answer:
    """order_id: the order, or the command, it is about; at: ns of market time.

    book_seq and mid (quote): the market when it happened.
    """

    order_id: str
    at: int
    book_seq: int
    mid: str | None


@value(frozen=True, slots=True)
class Opened(Answer):
    """The order rests, or waits for its trigger: at that price (trigger, else limit)."""

    price: int | None
    quantity: int


@value(frozen=True, slots=True)
class Created(Answer):
    """The venue made this order itself, to protect a position."""

    order: Order


@value(frozen=True, slots=True)
class Triggered(Answer):
    """A stop woke up; price: its limit, None for a market order."""

    price: int | None
    quantity: int


@value(frozen=True, slots=True)
class Replaced(Answer):
    """The order has another price (trigger, else limit) or whole quantity."""

    price: int | None
    quantity: int


@value(frozen=True, slots=True)
class Filled(Answer):
    """A quantity traded at one price. filled: of the order so far; rest: what it still wants."""

    price: int
    quantity: int
    filled: int
    rest: int
    fee: Decimal
    liquidity: Liquidity


@value(frozen=True, slots=True)
class Cancelled(Answer):
    """The rest of an order does not wait (any longer). reason: why, None where it was asked for."""

    filled: int
    reason: Reason | None


@value(frozen=True, slots=True)
class Rejected(Answer):
    """An order or a command that the venue would not have."""

    reason: Reason


@value(frozen=True, slots=True)
class Done(Answer):
    """A command that is no order was carried out; reason: what of it was not."""

    reason: Reason | None


@value(frozen=True, slots=True)
class Funded(Answer):
    """Funding of a position: amount paid (negative: received) in what the contract settles in."""

    amount: Decimal
    rate: str
    quantity: int
    contract: Contract
    strategy: str


OrderTold = Opened | Triggered | Replaced | Filled | Cancelled | Rejected | Done
"""What is told of an order, or a command, that is known."""

Event = OrderTold | Created | Funded
