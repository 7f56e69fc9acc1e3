"""trading.orders: what one account does about a decision."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from schemas.instruments import Kind
from schemas.record import Message, Record
from schemas.refusals import Reason
from schemas.ticks import Side


class Intent(StrEnum):
    """What the order is for."""

    OPEN = "open"
    CLOSE = "close"
    ADD = "add"
    REDUCE = "reduce"
    ADJUST = "adjust"


class OrderType(StrEnum):
    """How the order meets the book."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class TimeInForce(StrEnum):
    """How long the order lives."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class Contract(Message):
    """What one unit of quantity is, so that whoever has the order can reckon its money.

    size: base a contract (quote a contract for an inverse one); leverage: of the initial margin;
    maintenance: margin rate, a share of notional, at which the venue liquidates.
    """

    kind: Kind = Kind.LINEAR
    size: str = "1"
    leverage: str = "1"
    maintenance: str = "0"


class Style(Message):
    """How an order is worked: as several, one after the other. Quantities as in the command.

    iceberg: a limit order of which one part of `visible` rests at a time; the parts' sizes vary by
    the share `variance` (less than one) of it to both sides, in steps of `lot` (0: of any size).
    """

    name: Literal["iceberg"] = "iceberg"
    visible: str
    variance: str = "0"
    lot: str = "0"


class OrderCommand(Message):
    """One effect to be had once. Quantities in base (contracts), prices in quote, decimal strings.

    action: place an order; modify or cancel the ones in `orders`; protect: set the stop and target
    of the position. client_order_id names the command whatever its action is.
    price: limit; trigger: price at which a stop order wakes up.
    stop, target: protection that comes to life with the fills; whichever fills cancels the other.
    trailing: the stop follows the best price at that distance, quote ("150") or a share of that
    price ("1.5%"), from the price `activation` on (None: at once). lasts: ns after the first fill
    at which what is held is closed.
    parent, role: the order that this one protects, and as which half of the pair; without a role
    the order of which this one is a part. style: an order that is worked in parts.
    after: of an order that opens or adds, the largest position (unsigned, orders on their way
    included) that the gate has reckoned with once it is filled; sent against more, it is refused.
    expires: ns of seen_time after which it must not be sent any more.
    """

    client_order_id: str
    account: str
    venue: str
    symbol: str
    strategy: str = ""
    action: Literal["place", "modify", "cancel", "protect"] = "place"
    orders: tuple[str, ...] = ()
    parent: str | None = None
    role: Literal["stop", "target"] | None = None
    contract: Contract = Contract()
    intent: Intent
    side: Side
    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.IOC
    quantity: str
    price: str | None = None
    trigger: str | None = None
    stop: str | None = None
    target: str | None = None
    trailing: str | None = None
    activation: str | None = None
    lasts: int | None = None
    reduce_only: bool = False
    post_only: bool = False
    after: str | None = None
    style: Style | None = None
    expires: int


class Check(Message):
    """One limit that was looked at: the value found and the bound, in the check's own unit."""

    name: str
    value: str
    limit: str
    passed: bool


class Read(Message):
    """How far the inputs had been read: topic, key and sequence of each record newly taken in."""

    topic: str
    key: str
    seq: int


class Assessment(Message):
    """How risky the order is, 0 (none) to 100, and the quantity that the gate would suggest."""

    score: float
    suggested: str
    parts: dict[str, float] = {}


class OrderDecision(Record):
    """Approved with a command, refused with a reason, or held (nothing was asked for).

    awaiting: the command passed the gate and waits for a person's word; it must not be sent. Where
    none came in time it is refused as expired, with its command.
    origin: who asked for it; request: the id of the control command where a person did.
    tick: sequence of the market.ticks record it rests on.
    reads: the main record and every side record taken in since this account's record before.
    """

    account: str
    venue: str
    symbol: str
    tick: int = -1
    strategy: str = ""
    origin: Literal["strategy", "person", "risk"] = "strategy"
    request: str | None = None
    outcome: Literal["approved", "refused", "held", "awaiting"]
    assessment: Assessment | None = None
    command: OrderCommand | None = None
    reason: Reason | None = None
    checks: tuple[Check, ...] = ()
    reads: tuple[Read, ...] = ()

    @property
    def urgent(self) -> bool:
        """It is to be sent."""
        return self.outcome == "approved"
