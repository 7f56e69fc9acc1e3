"""What is known of one position and of the orders that protect it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.identity import client_order_id
from engine.protection.actions import Role, Why
from engine.protection.events import Trailing, VenueHas
from schemas.ticks import Side

SECOND = 1_000_000_000
ZERO = Decimal(0)
SOURCES = 16
"""Entries of which the count of names is kept, the latest."""

SAID = 16
"""Differences between positions and fills that are kept, the latest."""

LEGS = 1000
"""Names of one entry that are tried to find out which one an order has."""


class ProtectionSettings(BaseModel):
    """Times in ns.

    within: of a fill in which its stop must be at the venue; again: after which a close that did
    not close all, or a cancel that was not answered, is given again; soon: the same of the first
    close, which may have met an order of our own; trusted: a stop that has worked for so long may
    be lost and be placed again once more.
    settled: after a fill in which what the venue says of the position may not have it yet.
    move_every, move_least: a trailing stop at the venue moves no more often, and by no smaller
    share of its price. price_age: of the last price, after which watching is an alarm.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    within: int = Field(default=SECOND, gt=0)
    again: int = Field(default=SECOND, gt=0)
    soon: int = Field(default=SECOND // 20, gt=0)
    trusted: int = Field(default=60 * SECOND, gt=0)
    settled: int = Field(default=SECOND, ge=0)
    move_every: int = Field(default=SECOND, ge=0)
    move_least: Decimal = Field(default=Decimal("0.0005"), ge=0)
    price_age: int = Field(default=10 * SECOND, gt=0)


DEFAULT = ProtectionSettings()


@dataclass(slots=True)
class Change:
    """A Replace that is not answered yet: the whole quantity and price that it asks for."""

    name: str
    quantity: Decimal
    price: Decimal


@dataclass(slots=True)
class Half:
    """A protective order. quantity: the whole; price: of a stop its trigger.

    phase: on its way, at the venue, or there with a change on its way; since: ns from which on it
    was there; awake: triggered; asked: ns at which it was last cancelled, for the `asks`-th time.
    """

    name: str
    role: Role
    side: Side
    quantity: Decimal
    price: Decimal
    filled: Decimal = ZERO
    phase: Literal["sent", "working", "changing"] = "sent"
    change: Change | None = None
    since: int = 0
    awake: bool = False
    asked: int = 0
    asks: int = 0

    @property
    def rest(self) -> Decimal:
        """What it still wants."""
        return self.quantity - self.filled

    @property
    def covers(self) -> Decimal:
        """What it protects for certain, whatever becomes of a change."""
        if self.phase == "sent":
            return ZERO
        after = self.rest if self.change is None else self.change.quantity - self.filled
        return min(self.rest, after)


@dataclass(slots=True)
class Close:
    """A market order that closes. name: of the one on its way, None between two; again: ns from
    which on the next may go; ended: how many have not closed all."""

    why: Why
    again: int
    name: str | None = None
    side: Side = "sell"
    quantity: Decimal = ZERO
    filled: Decimal = ZERO
    ended: int = 0


@dataclass(slots=True)
class State:
    """held: signed; filled: when the latest fill was; told: when the venue said otherwise than the
    fills, and by how much (signed), as far as no fill has explained it since.

    source: the order that the protective orders are named after; legs: how many names each such
    order has given. orders: those that have brought their prices.
    stop, target: prices as they are wanted; best: of the price since trailing began; until: when
    the position's time is over. due: up to which quantity a stop must be there, and by when.
    leaving: orders that were cancelled and are not gone yet; closes: market orders of a position
    that is over, not told the end of. tries: how often each half was refused or lost; watching:
    halves that are watched because the venue would not have them.
    """

    account: str
    symbol: str
    able: VenueHas = field(default_factory=lambda: VenueHas(frozenset(), False, 0))
    now: int = 0
    held: Decimal = ZERO
    told: list[tuple[int, Decimal]] = field(default_factory=list)
    filled: int | None = None
    source: str = ""
    legs: dict[str, int] = field(default_factory=dict)
    orders: list[str] = field(default_factory=list)
    stop: Decimal | None = None
    target: Decimal | None = None
    trailing: Trailing | None = None
    activation: Decimal | None = None
    best: Decimal | None = None
    until: int | None = None
    price: Decimal | None = None
    priced: int = 0
    stale: bool = False
    halves: dict[Role, Half] = field(default_factory=dict)
    leaving: dict[str, Half] = field(default_factory=dict)
    closes: dict[str, Close] = field(default_factory=dict)
    closing: Close | None = None
    due: list[tuple[Decimal, int]] = field(default_factory=list)
    tries: dict[Role, int] = field(default_factory=dict)
    watching: set[Role] = field(default_factory=set)
    moved: int = 0

    @property
    def size(self) -> Decimal:
        """What is held in whole lots, unsigned."""
        held = abs(self.held)
        return held if not self.able.lot else held // self.able.lot * self.able.lot

    @property
    def sign(self) -> int:
        """1 for a long position, -1 for a short one."""
        return 1 if self.held > 0 else -1

    @property
    def leaves(self) -> Side:
        """The side that closes the position."""
        return "sell" if self.held > 0 else "buy"

    def wanted(self, role: Role) -> Decimal | None:
        """The half's price as it is wanted."""
        return self.stop if role == "stop" else self.target

    def next_name(self) -> str:
        """A name that the source has not given before."""
        leg = self.legs.pop(self.source, 0)
        self.legs[self.source] = leg + 1
        for old in list(self.legs)[:-SOURCES]:
            del self.legs[old]
        return client_order_id(self.source, self.account, leg)


def leg_of(source: str, account: str, name: str) -> int | None:
    """Which of an entry's names it is; None for none of the first LEGS."""
    names = (client_order_id(source, account, leg) for leg in range(LEGS))
    return next((leg for leg, each in enumerate(names) if each == name), None)
