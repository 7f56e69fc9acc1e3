"""One moment of a market: its fills, and what the venue says, gathered in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Generic, Literal

from engine.costs import EXACT, ZERO, Fees, Liquidity, flow
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS
from engine.venue.commands import Order
from engine.venue.events import Cancelled, Event, Filled, Replaced
from engine.venue.impact import ImpactModel
from engine.venue.margins import MarginModel, carry, exact
from engine.venue.market import OPPOSITE, D, Live, Market
from engine.venue.parts import ConstantLatency, LatencyModel, LiquidityModel, Take
from engine.venue.queues import QueueModel, RiskAverse
from engine.venue.schedule import FundingSchedule
from schemas.refusals import Reason
from schemas.ticks import Side

Reference = Literal["trade", "mark", "mid"]
"""The price that wakes stops up: of the last trade, the venue's mark price, or the book's mid."""

Prevention = Literal["cancel_oldest", "none"]
"""What a venue does where an order would meet a resting one of its own account: end that one, or
go on as if it were not there.
"""

Hear = Callable[[Sequence[Event]], None]
"""Who is told of events while a market goes on."""

RISK_AVERSE = RiskAverse()
AT_ONCE = ConstantLatency(nanoseconds=0)


@dataclass(frozen=True)
class Rules:
    """A venue's habits."""

    latency: LatencyModel
    liquidity: LiquidityModel
    fees: Fees
    queue: QueueModel = RISK_AVERSE
    reference: Reference = "trade"
    prevention: Prevention = "cancel_oldest"
    feed: LatencyModel = AT_ONCE
    margin: MarginModel | None = None
    impact: ImpactModel | None = None
    funding: FundingSchedule | None = None

    def due(self, sent: int, name: str) -> int:
        """When a command sent at a time meets the market, on the clock of its receipt."""
        return self.feed.arrival(self.latency.arrival(sent, name), f"{name}|feed")


@dataclass(frozen=True, slots=True)
class Moved:
    """The position was moved by an order; first: by its first fill."""

    order: Order
    first: bool


@dataclass(slots=True)
class Turn(Generic[D]):
    """What happens to one market. at: ns of market time; moved: fills whose protection is due.

    hear: is told all that is said, in order, between one thing that happens and the next; it may
    put commands on their way. told: how much it was told. key: of the market, `venue:symbol`.
    """

    rules: Rules
    market: Market[D]
    at: int = 0
    events: list[Event] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    hear: Hear | None = None
    told: int = 0
    key: str = ""

    def say(self, kind: Callable[..., Event], order_id: str, *what: Any) -> None:
        """Tell something of an order, as of now."""
        self.events.append(kind(order_id, self.at, self.market.followed, self.market.mid(), *what))

    def tell(self) -> None:
        """Let whoever hears know of what was said since the last time."""
        news, self.told = self.events[self.told :], len(self.events)
        if news and self.hear is not None:
            self.hear(news)

    def fill(
        self, live: Live, price: int, quantity: int, liquidity: Liquidity, share: Decimal = ZERO
    ) -> None:
        """Trade a quantity at a price; an order that wants no more is done.

        share: of its value, to be paid beside the fee.
        """
        order, market = live.order, self.market
        self.moved.append(Moved(order, live.filled == 0 and not order.later))
        if market.position * order.sign >= 0:
            market.contract, market.strategy = order.contract, order.strategy
        live.filled += quantity
        before, market.position = market.position, market.position + quantity * order.sign
        if before * market.position <= 0:
            market.follows = market.peak = market.until = None
        if self.rules.margin is not None:
            carry(market, order, price, quantity)
        fee = self._fee(order, price, quantity, liquidity, share)
        told = (price, quantity, live.filled, live.rest, fee, liquidity)
        self.say(Filled, order.order_id, *told)
        if not live.rest:
            self.drop(live)

    def there(self, side: Side) -> Iterator[Take]:
        """What an order of `side` may take, best price first."""
        market, taken = self.market, self.market.taken.get(OPPOSITE[side], {})
        for price, displayed in market.opposite(side):
            left = self.rules.liquidity.left(displayed, taken.get(price, 0))
            if left > 0:
                yield price, left

    def consume(self, side: Side, price: int, quantity: int) -> None:
        """An order of `side` took a quantity from the level at a price."""
        taken = self.market.taken.setdefault(OPPOSITE[side], {})
        taken[price] = taken.get(price, 0) + quantity
        self.remember()

    def remember(self) -> None:
        """Bring what was taken in line with what is displayed: call it after each change."""
        market, after = self.market, self.rules.liquidity.after
        for side, levels in market.taken.items():
            for price in list(levels):
                levels[price] = after(market.depth.at(side, price), levels[price])
                if levels[price] <= 0:
                    del levels[price]

    def reference(self) -> int | None:
        """The price that stops look at, None before the first."""
        if self.rules.reference != "mid":
            return self.market.last
        twice = self.market.twice_mid()
        return None if twice is None else twice // 2

    def rest(self, live: Live) -> None:
        """Let an order wait at the venue, behind those that are there."""
        self.market.resting.pop(live.order.order_id, None)
        self.market.resting[live.order.order_id] = live

    def drop(self, live: Live) -> None:
        """Take an order out, if it is there."""
        market, order = self.market, live.order
        market.resting.pop(order.order_id, None)
        if order.role is not None and market.protection.get(order.role) == order.order_id:
            del market.protection[order.role]

    def cancel(self, live: Live, reason: Reason | None) -> None:
        """End an order with what it has."""
        self.drop(live)
        self.say(Cancelled, live.order.order_id, live.filled, reason)

    def replace(self, live: Live, **changes: int | None) -> None:
        """Give a resting order another limit, trigger or whole quantity."""
        live.order = replace(live.order, **changes)  # type: ignore[arg-type]
        self.say(Replaced, live.order.order_id, live.price, live.order.quantity)

    def _fee(
        self, order: Order, price: int, quantity: int, liquidity: Liquidity, share: Decimal
    ) -> Decimal:
        exact_price, exact_quantity = (
            exact(price, PRICE_DECIMALS),
            exact(quantity, QUANTITY_DECIMALS),
        )
        fees, volume, traded = self.rules.fees, self.market.volume, ZERO
        if fees.by_volume():
            traded = volume.before(self.at, order.contract.kind)
            volume.add(self.at, order.contract, exact_price, exact_quantity)
        fee = fees.fee(order.contract, exact_price, exact_quantity, liquidity, traded)
        if not share:
            return fee
        worth = flow(order.contract, exact_price, exact_quantity).copy_abs()
        return EXACT.add(fee, EXACT.multiply(share, worth))
