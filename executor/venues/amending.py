"""A change of a resting order, as ccxt wants it said, and what it will be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from executor.venues.catalogue import Row
from executor.venues.names import Names
from executor.venues.venue import Change, VenueOrder
from executor.venues.wishes import LIMITED, check_steps, refused
from schemas.refusals import Reason

ONLY_NEW = {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelRestrictions": "ONLY_NEW"}


def check(row: Row, market: dict[str, Any] | None, change: Change) -> None:
    """Raises VenueError, not sent, for what the venue cannot change in one request.

    Where it can only replace, an order that is filled in part would be filled twice in that part.
    """
    if market is None:
        raise refused(Reason.NO_INSTRUMENT, f"{change.order.symbol} is not a market of the venue")
    conditional = change.order.conditional or change.trigger is not None
    if not row.amend or (conditional and not row.amends_triggers):
        raise refused(Reason.UNSUPPORTED, "the venue does not change such an order")
    if row.renames and change.order.filled != "0":
        raise refused(Reason.UNSUPPORTED, "filled in part, it cannot be replaced in one request")
    check_steps(market, change.quantity, change.price, change.trigger)


def expected(row: Row, change: Change) -> VenueOrder:
    """The order with the change; what an answer leaves out is taken from it."""
    old = change.order
    return replace(
        old,
        name=change.name if row.renames else old.name,
        quantity=change.quantity or old.quantity,
        price=change.price or old.price,
        trigger=change.trigger or old.trigger,
    )


def parameters(row: Row, names: Names, change: Change) -> dict[str, Any]:
    """ccxt's, beside order, symbol, type, side, quantity and price."""
    found: dict[str, Any] = {}
    if row.renames:
        found |= {"newClientOrderId": names.spelled(change.name), **ONLY_NEW}
        found["timeInForce"] = change.order.time_in_force.value.upper()
    if change.trigger is not None:
        found["triggerPrice"] = change.trigger
    return found


def kind(order: VenueOrder) -> str:
    """ccxt's type."""
    return "limit" if order.type in LIMITED else "market"
