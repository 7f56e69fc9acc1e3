"""What somebody wants done in a market: a strategy, a person, or the watch on liquidation."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from engine.protection.events import Trailing
from engine.protection.trailing import behind
from engine.values import value
from schemas.decisions import Decision
from schemas.orders import Check, Intent, OrderCommand, OrderType, Style, TimeInForce
from schemas.ticks import Side

PERSON = "person"
"""Strategy of positions that a person has opened."""


@value(frozen=True, slots=True)
class Ask:
    """One thing asked of the gate, for the symbol of the decision that it is answered with.

    intent: OPEN and ADD are sized and capped; CLOSE and REDUCE are cut to the position and always
    reduce-only; ADJUST changes what is there. action: as in OrderCommand, with the ids in `orders`.
    quantity: the most that is wanted; None for as much as may be (CLOSE: all of it, REDUCE: half).
    trailing, activation, lasts: of its protection, as in OrderCommand.
    price: limit; trigger: where a stop order wakes up; entry: price to reckon with, None for the
    worst that the order may fill at. stop, target: None for the account's distances.
    style: of one that is worked in parts.
    A change (action "modify") names its order in `orders` and has only what it changes of quantity,
    price and trigger; all else is the order's.
    request: id of the control command; identity: client order id, None for one derived from the
    decision and leg. checks: figures that come before the gate's.
    """

    intent: Intent
    side: Side
    strategy: str
    origin: Literal["strategy", "person", "risk"] = "strategy"
    action: Literal["place", "modify", "cancel", "protect"] = "place"
    orders: tuple[str, ...] = ()
    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.IOC
    quantity: Decimal | None = None
    price: Decimal | None = None
    trigger: Decimal | None = None
    post_only: bool = False
    style: Style | None = None
    entry: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    trailing: str | None = None
    activation: str | None = None
    lasts: int | None = None
    strength: Decimal | None = None
    confidence: Decimal | None = None
    request: str | None = None
    identity: str | None = None
    leg: int = 0
    checks: tuple[Check, ...] = ()

    @classmethod
    def of(cls, command: OrderCommand) -> Ask:
        """The same thing asked once more."""
        return cls(
            command.intent,
            command.side,
            command.strategy,
            action=command.action,
            orders=command.orders,
            type=command.type,
            time_in_force=command.time_in_force,
            quantity=Decimal(command.quantity),
            price=_decimal(command.price),
            trigger=_decimal(command.trigger),
            post_only=command.post_only,
            style=command.style,
            stop=_decimal(command.stop),
            target=_decimal(command.target),
            trailing=command.trailing,
            activation=command.activation,
            lasts=command.lasts,
            identity=command.client_order_id,
        )

    @property
    def rests(self) -> bool:
        """True for an order that may wait at the venue for its price."""
        waits = self.time_in_force is TimeInForce.GTC and self.type is not OrderType.MARKET
        return waits or self.type in (OrderType.STOP, OrderType.STOP_LIMIT)

    def worst(self, decision: Decision) -> Decimal | None:
        """The price in quote at which its notional is largest; None without a book."""
        if self.entry is not None:
            return self.entry
        if decision.bid is None or decision.ask is None:
            return None
        if self.side == "buy" and self.price is not None:
            return self.price
        touch = Decimal((decision.ask if self.side == "buy" else decision.bid)[0])
        return max(touch, *(each for each in (self.price, self.trigger) if each is not None), touch)

    def named(self, mid: Decimal) -> Decimal | None:
        """Of the prices that the order names, the one furthest from the mid."""
        given = [each for each in (self.price, self.trigger) if each is not None]
        return max(given, key=lambda price: abs(price - mid)) if given else None


def mid_of(decision: Decision) -> Decimal | None:
    """Middle of the decision's best bid and ask in quote, None without a book."""
    if decision.bid is None or decision.ask is None:
        return None
    return (Decimal(decision.bid[0]) + Decimal(decision.ask[0])) / 2


def intent_of(held: Decimal, side: Side, quantity: Decimal, reduce_only: bool = False) -> Intent:
    """What an order of a person is for, given the signed quantity held."""
    against = held * (1 if side == "buy" else -1) < 0
    if against or reduce_only:
        return Intent.CLOSE if quantity >= abs(held) else Intent.REDUCE
    return Intent.ADD if held else Intent.OPEN


def trailed(ask: Ask, price: Decimal, tick: Decimal) -> Decimal | None:
    """Where a stop that trails begins for an entry at a price; None where none does."""
    if ask.trailing is None:
        return None
    return behind(Trailing.of(ask.trailing), price, ask.side == "buy", tick)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
