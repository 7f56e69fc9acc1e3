"""What the machine hears. Quantities in base or contracts, prices in quote, at: ns."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from schemas.orders import OrderCommand, OrderType
from schemas.refusals import Reason
from schemas.ticks import Side

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Trailing:
    """How far behind the best price a stop follows: quote, or a share of that price."""

    distance: Decimal
    share: bool = False

    @classmethod
    def of(cls, text: str) -> Trailing:
        """From "150" (quote) or "1.5%" (of the price)."""
        if text.endswith("%"):
            return cls(Decimal(text[:-1]).scaleb(-2), True)
        return cls(Decimal(text))

    def text(self) -> str:
        """As `of` takes it."""
        return f"{format(self.distance.scaleb(2), 'f')}%" if self.share else f"{self.distance:f}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order names for its position; None names nothing.

    A stop with trailing begins at `stop`, or at its distance from the fill where that is None; it
    moves once the price has reached `activation` (None: at once). lasts: ns after which the
    position is closed.
    """

    stop: Decimal | None = None
    target: Decimal | None = None
    trailing: Trailing | None = None
    activation: Decimal | None = None
    lasts: int | None = None

    @classmethod
    def of(cls, command: OrderCommand) -> Terms:
        """Those of an order, or of a command that protects."""
        named = (command.stop, command.target, command.activation)
        stop, target, activation = (None if each is None else Decimal(each) for each in named)
        trailing = None if command.trailing is None else Trailing.of(command.trailing)
        return cls(stop, target, trailing, activation, command.lasts)


@dataclass(frozen=True, slots=True)
class EntryFilled:
    """A fill of an order of the account that this machine did not ask for, whatever its side.

    order: its client order id (of an order worked in parts, the parent's).
    """

    order: str
    side: Side
    quantity: Decimal
    price: Decimal
    terms: Terms
    at: int


@dataclass(frozen=True, slots=True)
class PositionIs:
    """What the venue says is held, signed."""

    quantity: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class PriceIs:
    """The price that stops look at."""

    price: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class Protect:
    """New terms for the position by the command `order`; what is None stays as it is.

    A stop without trailing is a fixed one: it ends the trailing that was there.
    """

    order: str
    terms: Terms
    at: int


@dataclass(frozen=True, slots=True)
class VenueHas:
    """What the venue can hold in this market.

    types: of orders; reduce_only: whether they may be. lot: step of quantities, of which less than
    one counts as flat (0: any); tick: step of prices.
    """

    types: frozenset[OrderType]
    reduce_only: bool
    at: int
    lot: Decimal = ZERO
    tick: Decimal = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Working:
    """The order is at the venue. quantity: the whole, if not as sent; awake: it was triggered."""

    name: str
    at: int
    quantity: Decimal | None = None
    awake: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """A Replace was carried out. name: that the order has now; quantity, price: if not as asked."""

    change: str
    name: str
    at: int
    quantity: Decimal | None = None
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """An execution of an order of this machine."""

    name: str
    quantity: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The order is over with what it has: cancelled, expired, or not known to the venue."""

    name: str
    at: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue (or the check before sending) would not have the order, or the change."""

    name: str
    at: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The venue has proven that it never had the order, or the change."""

    name: str
    at: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """After a start: an order by this machine's names that is at the venue. Tell PositionIs first:
    what fits no position is withdrawn.

    parent: the order that it protects; price: of a stop its trigger.
    """

    name: str
    parent: str
    role: Literal["stop", "target"]
    side: Side
    quantity: Decimal
    filled: Decimal
    price: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class Started:
    """A new process goes on with a state that was loaded: the time for what is not covered begins
    anew. To be told first; at once after it what is known of the orders that `awaited` names.
    """

    at: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes."""

    at: int


Ended = Gone | Refused | Lost
Event = (
    EntryFilled | PositionIs | PriceIs | Protect | VenueHas | Working | Changed | Filled | Gone
    | Refused | Lost | Found | Started | Tick
)  # fmt: skip
