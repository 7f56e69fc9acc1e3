"""A conditional order: what it waits for, what it becomes, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from engine.matching.codes import BUY
from infra.exchange.orders import Order, Type

if TYPE_CHECKING:
    from infra.exchange.accounts import Account
    from infra.exchange.listing import Market

RATE = 10_000
"""A trail's rate is in parts of this."""


class Source(StrEnum):
    """Which price a trigger is compared with."""

    LAST = "LAST"
    MARK = "MARK"


class State(StrEnum):
    """WAITING, TRIGGERING (its order is being sent), then TRIGGERED and FINISHED with that order,
    or FAILED where it was refused; CANCELED: on request, EXPIRED: by the venue's rules."""

    WAITING = "WAITING"
    TRIGGERING = "TRIGGERING"
    TRIGGERED = "TRIGGERED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"

    @property
    def live(self) -> bool:
        """Whether it, or the order that it became, may still trade."""
        return self in (State.WAITING, State.TRIGGERING, State.TRIGGERED)


class Failure(NamedTuple):
    """Why the order was refused when it was sent: the venue's code and words."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Leg:
    """A trigger in ticks, met at or above it where it `rises`, else at or below it; and the order
    that follows: its limit in ticks, 0 of a market order. name: what the dialect calls it."""

    trigger: int
    rises: bool
    source: Source = Source.LAST
    type: Type = Type.MARKET
    price: int = 0
    name: str = ""

    def met(self, source: Source, price: int) -> bool:
        """Whether a price of a source triggers it."""
        if source is not self.source:
            return False
        return price >= self.trigger if self.rises else price <= self.trigger


@dataclass(slots=True)
class Trail:
    """A trigger that follows the best price since `activation` was met (0: from the start).

    best: that price, 0 before; rate: how far behind, in parts of RATE; distance: in ticks, more.
    """

    rate: int
    activation: int = 0
    best: int = 0
    distance: int = 0

    def follow(self, rises: bool, price: int) -> int:
        """The trigger after a price, 0 before activation. rises: of a buy."""
        reached = price <= self.activation if rises else price >= self.activation
        if not self.best and self.activation and not reached:
            return 0
        self.best = (min if rises else max)(self.best or price, price)
        behind = self.best * self.rate // RATE + self.distance
        return self.best + behind if rises else self.best - behind


@dataclass(frozen=True, slots=True)
class Terms:
    """A conditional order as it is asked for. legs: the first that is met counts.

    lots: 0 closes what there is when it triggers. bound: it ends with its position; pair: and with
    the others of that name, when one is met. tif, prevention, notes: as in orders.Wish.
    """

    market: Market
    side: int
    lots: int
    client: str
    legs: tuple[Leg, ...]
    reduce_only: bool = False
    bound: bool = False
    pair: str = ""
    tif: int = 0
    post_only: bool = False
    prevention: int = 0
    notes: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(slots=True, eq=False)
class Condition:
    """A conditional order of the house; times in ns. fired: the leg that was met, order: what it
    became, failure: why that was refused."""

    number: int
    account: Account = field(repr=False)
    terms: Terms
    created: int
    updated: int
    state: State = State.WAITING
    trail: Trail | None = None
    fired: Leg | None = None
    triggered: int = 0
    order: Order | None = None
    failure: Failure | None = None

    @property
    def market(self) -> Market:
        """Where it waits."""
        return self.terms.market

    @property
    def buys(self) -> bool:
        """Whether it is a buy."""
        return self.terms.side == BUY

    @property
    def leg(self) -> Leg:
        """The leg that was met, else the first."""
        return self.fired or self.terms.legs[0]

    def meets(self, source: Source, price: int) -> Leg | None:
        """The leg that a price triggers. A trail follows the price first."""
        if self.trail is not None:
            return self._trailed(self.trail, source, price)
        for leg in self.terms.legs:
            if leg.met(source, price):
                return leg
        return None

    def _trailed(self, trail: Trail, source: Source, price: int) -> Leg | None:
        (leg,) = self.terms.legs
        trigger = trail.follow(leg.rises, price) if source is leg.source else 0
        return leg if trigger and replace(leg, trigger=trigger).met(source, price) else None
