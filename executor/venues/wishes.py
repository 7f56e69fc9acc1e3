"""An order as ccxt wants it said: type, parameters; and what is refused before it is sent."""

from __future__ import annotations

from typing import Any

from executor.venues.catalogue import Row
from executor.venues.names import Names
from executor.venues.numbers import fits
from executor.venues.venue import Abilities, Category, Order, VenueError
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason

LIMITED = (OrderType.LIMIT, OrderType.STOP_LIMIT)
WOKEN = (OrderType.STOP, OrderType.STOP_LIMIT)


def refused(reason: Reason, text: str) -> VenueError:
    """An order that is not sent."""
    return VenueError(Category.INVALID_ORDER, text, sent=False, reason=reason)


def parameters(row: Row, names: Names, order: Order) -> dict[str, Any]:
    """ccxt's parameters of an order, in its unified words where it has them."""
    name = names.spelled(order.name)
    found: dict[str, Any] = {row.named: name}
    if order.trigger is not None and row.named_waiting:
        found[row.named_waiting] = name
    if order.type in LIMITED and not order.post_only:
        found["timeInForce"] = order.time_in_force.value.upper()
    if order.post_only:
        found["postOnly"] = True
    if order.reduce_only:
        found["reduceOnly"] = True
    return found | triggers(order)


def triggers(order: Order) -> dict[str, Any]:
    """What wakes it up: of an order that closes as stop loss or take profit, else as a trigger."""
    if order.trigger is None:
        return {}
    if order.role == "target":
        return {"takeProfitPrice": order.trigger}
    if order.role == "stop" or order.reduce_only:
        return {"stopLossPrice": order.trigger}
    rising = order.side == "buy"
    return {
        "triggerPrice": order.trigger,
        "triggerDirection": "ascending" if rising else "descending",
    }


def check(able: Abilities, market: dict[str, Any] | None, order: Order) -> None:
    """Raises VenueError, not sent, for an order that the venue has not or would change."""
    if market is None:
        raise refused(Reason.NO_INSTRUMENT, f"{order.symbol} is not a market of the venue")
    check_kind(able, order)
    lacking = lacks(able, order)
    if lacking:
        raise refused(Reason.UNSUPPORTED, f"{lacking} is not to be had in {order.symbol}")
    check_steps(market, order.quantity, order.price, order.trigger)


def check_kind(able: Abilities, order: Order) -> None:
    """An order has the price and the trigger that its type needs."""
    if (order.price is None) is (order.type in LIMITED):
        raise refused(Reason.BAD_COMMAND, f"{order.type} with price {order.price}")
    if (order.trigger is None) is (order.type in WOKEN):
        raise refused(Reason.BAD_COMMAND, f"{order.type} with trigger {order.trigger}")


def lacks(able: Abilities, order: Order) -> str:
    """What the order asks for that the venue has not."""
    forced = order.type in LIMITED and order.time_in_force is not TimeInForce.GTC
    wants = (
        (order.type not in able.types, f"a {order.type} order"),
        (forced and order.time_in_force not in able.time_in_force, f"{order.time_in_force}"),
        (order.post_only and not able.post_only, "post-only"),
        (order.post_only and order.type is not OrderType.LIMIT, "a post-only order of this type"),
        (order.post_only and forced, "post-only with a time in force"),
        (order.reduce_only and not able.reduce_only, "reduce-only"),
    )
    return next((name for absent, name in wants if absent), "")


def check_steps(
    market: dict[str, Any], quantity: str | None, price: str | None, trigger: str | None
) -> None:
    """Quantities and prices keep to lot and tick: ccxt would cut them without a word."""
    steps = market.get("precision") or {}
    for name, value, step in (
        ("quantity", quantity, steps.get("amount")),
        ("price", price, steps.get("price")),
        ("trigger", trigger, steps.get("price")),
    ):
        if value is not None and not fits(value, step):
            reason = Reason.BELOW_LOT if name == "quantity" else Reason.VENUE_REFUSED
            raise refused(reason, f"{name} {value} is not in steps of {step}")
