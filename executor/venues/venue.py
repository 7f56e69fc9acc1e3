"""What a venue is to the executor: the protocol, and the values that pass through it.

Quantities and prices are decimal text as in schemas.orders.OrderCommand (base or contracts, quote),
times integer nanoseconds, symbols ccxt's unified ones. `name` is our client order id (engine.
identity.client_order_id: 28 lower-case letters and digits); an implementation puts it into the
venue's own field and alphabet and gives it back as it was. `number` is the venue's own order id.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from schemas.errors import TapelineError
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.ticks import Side
from topics.secrecy import known


class Category(StrEnum):
    """What kind of trouble an error is (docs/execution.md says what follows from each)."""

    NETWORK = "network"
    EXCHANGE = "exchange"
    RATE_LIMIT = "rate_limit"
    AUTHENTICATION = "authentication"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    INVALID_ORDER = "invalid_order"
    STORAGE = "storage"
    SYSTEM = "system"


class VenueError(TapelineError):
    """A request that did not succeed.

    unknown: the request may have had its effect; only the venue's own word tells. Where it is
    False, the venue has said no, or the request was not written to the network at all (`sent` is
    False then). reason: for a status; None where the enum has no word for it. code: the venue's.
    wait: seconds that the venue (or our budget) asks us to wait, None where it does not say.
    The text never holds a secret that this process knows.
    """

    def __init__(
        self,
        category: Category,
        text: str,
        *,
        unknown: bool = False,
        sent: bool = True,
        reason: Reason | None = None,
        code: str | None = None,
        wait: float | None = None,
    ) -> None:
        super().__init__(known.redact(text))
        self.category, self.unknown, self.sent = category, unknown, sent
        self.reason, self.code, self.wait = reason, code, wait


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. trigger: of a stop, and of a target that the venue watches.

    role: "target" wakes up where the price is better than now for the position it closes, all else
    where it is worse (a sell stop: at or below its trigger).
    """

    name: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: str
    price: str | None = None
    trigger: str | None = None
    role: Literal["stop", "target"] | None = None
    reduce_only: bool = False
    post_only: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """New whole quantity, price or trigger of an order that rests; None leaves one as it is.

    order: as the venue has it now (`VenueOrder`), for what the venue wants said again. name: of the
    change itself: the new order's, where the venue can only cancel and replace.
    """

    name: str
    order: VenueOrder
    quantity: str | None = None
    price: str | None = None
    trigger: str | None = None


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """An order as the venue tells it. at: ns of the venue's clock when it was so, None if not told.

    name: None for an order that has no client order id of our alphabet (it is not ours).
    conditional: it waits for its trigger.
    """

    name: str | None
    number: str
    symbol: str
    state: Literal["open", "filled", "cancelled", "rejected", "expired"]
    side: Side
    type: OrderType
    quantity: str
    filled: str
    price: str | None = None
    trigger: str | None = None
    average: str | None = None
    reduce_only: bool = False
    conditional: bool = False
    time_in_force: TimeInForce = TimeInForce.GTC
    at: int | None = None


@dataclass(frozen=True, slots=True)
class VenueFill:
    """One execution. trade: the venue's id, unique in its symbol; fee in `currency` (negative: a
    rebate); name where the venue tells it with the fill.
    """

    trade: str
    number: str
    name: str | None
    symbol: str
    side: Side
    price: str
    quantity: str
    fee: str
    currency: str
    liquidity: Literal["maker", "taker"]
    at: int


@dataclass(frozen=True, slots=True)
class VenuePosition:
    """quantity: signed, contracts; liquidation: price, None where there is none."""

    symbol: str
    quantity: str
    entry: str | None = None
    mark: str | None = None
    margin: str | None = None
    liquidation: str | None = None
    leverage: str | None = None


@dataclass(frozen=True, slots=True)
class VenueBalance:
    """Money of one currency: what is there, and of it what orders and positions do not hold.

    free: None where a stream does not tell it (Binance USD-M's); an answer always does.
    """

    currency: str
    total: str
    free: str | None


@dataclass(frozen=True, slots=True)
class Connected:
    """The private stream is there (again): what happened before it must be asked for."""

    at: int


Told = VenueOrder | VenueFill | VenuePosition | VenueBalance | Connected


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a venue can do in one market; what it cannot is refused with UNSUPPORTED before sending.

    window: ns after its timestamp in which the venue takes a request, None where the venue has no
    such window (then only our own lease check stands between two processes).
    amend: orders that rest can be changed where they are; amend_waiting: those too that wait for
    their trigger.
    visible: ns after which an order that was taken is surely shown by queries.
    """

    types: frozenset[OrderType]
    time_in_force: frozenset[TimeInForce]
    post_only: bool
    reduce_only: bool
    amend: bool
    amend_waiting: bool
    batch_cancel: bool
    by_name: bool
    window: int | None
    visible: int


class Venue(Protocol):
    """One account at one exchange (or the simulated one). Every method may raise VenueError.

    A send (place, amend, cancel) is made once: no retry happens inside. Reads may be retried.
    """

    exchange: str
    able: Abilities

    async def open(self) -> None:
        """Load the markets, take the venue's clock, look at the key's rights.

        Raises VenueError (AUTHENTICATION) for a key that may withdraw or may not trade.
        """
        ...

    async def close(self) -> None:
        """Give back sessions and sockets."""
        ...

    async def prepare(self, symbol: str, leverage: str | None, margin: str | None) -> None:
        """Set leverage and margin mode ("cross", "isolated") of a symbol, if they are otherwise."""
        ...

    def steps(self, symbol: str) -> tuple[str, str]:
        """Steps of quantities and prices of a symbol; "0" for any."""
        ...

    def size(self, symbol: str) -> str:
        """Base of one contract (quote, of an inverse one); "1" where quantities are in base."""
        ...

    async def place(self, order: Order) -> VenueOrder:
        """Send it. The venue's order, as far as its answer tells."""
        ...

    async def amend(self, change: Change) -> VenueOrder:
        """Change a resting order where it is, or cancel and replace it in one request of the
        venue's. `name` of the answer tells which client order id the order has now.
        """
        ...

    async def cancel(self, orders: Sequence[VenueOrder]) -> Sequence[VenueError | None]:
        """Withdraw orders of one symbol; for each None, or why it was not withdrawn."""
        ...

    async def find(self, symbol: str, name: str) -> VenueOrder | None:
        """The latest order of that name; None where the venue says that it has none."""
        ...

    async def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """All that rest, those that wait for a trigger included; other people's too."""
        ...

    async def fills(self, symbol: str, since: int) -> list[VenueFill]:
        """Executions at and after `since` (ns), the oldest first, all pages."""
        ...

    async def positions(self) -> list[VenuePosition]:
        """Positions that are not flat; none for spot."""
        ...

    async def balances(self) -> list[VenueBalance]:
        """Money that is not zero."""
        ...

    async def clock(self) -> int:
        """The venue's time, ns."""
        ...

    def told(self) -> AsyncIterator[Told]:
        """The private stream: begins with Connected, and tells Connected after each reconnect."""
        ...
