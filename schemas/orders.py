"""trading.orders: what one account does about a decision."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

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


class OrderCommand(Message):
    """One order to be sent once. Quantities in base (contracts), prices in quote, decimal strings.

    expires: ns of seen_time after which it must not be sent any more.
    """

    client_order_id: str
    account: str
    venue: str
    symbol: str
    intent: Intent
    side: Side
    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.IOC
    quantity: str
    price: str | None = None
    stop: str | None = None
    target: str | None = None
    reduce_only: bool = False
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


class OrderDecision(Record):
    """Approved with a command, refused with a reason, or held (nothing was asked for).

    tick: sequence of the market.ticks record it rests on.
    reads: the main record and every side record taken in since this account's record before.
    """

    account: str
    venue: str
    symbol: str
    tick: int = -1
    outcome: Literal["approved", "refused", "held"]
    command: OrderCommand | None = None
    reason: Reason | None = None
    checks: tuple[Check, ...] = ()
    reads: tuple[Read, ...] = ()
