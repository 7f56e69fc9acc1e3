"""Stop and target of a position: one pair, as large as the position, and one fill ends the other.

A position has at most one stop (a stop market order) and one target (a resting limit order). Both
reduce only and are always as large as the position, as a venue's own position-wide protection is
(Bybit: full-position TP/SL; Binance futures: closePosition). So a pair never closes more than there
is, a partial fill of one half shrinks the other, an order that adds makes both larger and brings
its own prices if it names any, and a position that is closed by other means takes both along.
"""

from __future__ import annotations

from engine.identity import client_order_id
from engine.venue.commands import Order, Protect, Role
from engine.venue.events import Created
from engine.venue.following import begins
from engine.venue.market import D, Live
from engine.venue.turn import Turn
from engine.venue.working import begin, join
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason


def settle(turn: Turn[D]) -> None:
    """Bring orders that reduce in line with a position that was moved."""
    while turn.moved:
        moved = turn.moved.pop(0)
        _end(turn, moved.order)
        _resize(turn)
        order = moved.order
        if order.role is None and turn.market.position * order.sign > 0:
            cover(turn, order, reprice=moved.first)


def cover(turn: Turn[D], by: Order | Protect, *, reprice: bool) -> bool:
    """Give the position the stop and target that an order or a command names.

    Where there is one already it gets the new price if `reprice` says so. False when a half could
    not be changed because it is being executed.
    """
    changed: list[Live] = []
    whole = True
    stop = begins(turn, by, anew=reprice)
    halves: tuple[tuple[Role, int | None], ...] = (("stop", stop), ("target", by.target))
    for role, price in halves:
        held = turn.market.protection.get(role)
        live = turn.market.resting[held] if held is not None else None
        if price is None or (live is not None and (not reprice or live.price == price)):
            continue
        if live is None:
            changed.append(_create(turn, role, price, by))
        elif live.phase != "awake":
            turn.replace(live, **{"trigger" if role == "stop" else "limit": price})
            changed.append(live)
        else:
            whole = False
    for live in changed:
        if live.order.order_id in turn.market.resting:
            begin(turn, live)
    return whole


def _create(turn: Turn[D], role: Role, price: int, by: Order | Protect) -> Live:
    """One half for all of the position."""
    market, stop = turn.market, role == "stop"
    order = Order(
        order_id=client_order_id(by.order_id, role, market.protected),
        due=turn.at,
        side="sell" if market.position > 0 else "buy",
        type=OrderType.STOP if stop else OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=abs(market.position),
        limit=None if stop else price,
        reduce_only=True,
        contract=by.contract,
        trigger=price if stop else None,
        strategy=by.strategy,
        parent=by.order_id,
        role=role,
    )
    market.protected += 1
    market.protection[role] = order.order_id
    live = Live(order, "asleep" if stop else "working")
    turn.rest(live)
    turn.say(Created, order.order_id, order)
    return live


def _end(turn: Turn[D], by: Order) -> None:
    """Cancel what could reduce nothing any more."""
    for live in list(turn.market.resting.values()):
        if live.order.reduce_only and turn.market.against(live.order) <= 0:
            other = by.role is not None and live.order.role is not None
            turn.cancel(live, Reason.OTHER_FILLED if other else Reason.POSITION_CLOSED)


def _resize(turn: Turn[D]) -> None:
    """Make each half as large as the position; one that grows goes to the end of its queue."""
    market = turn.market
    for order_id in list(market.protection.values()):
        live = market.resting[order_id]
        grown = abs(market.position) - live.rest
        if grown:
            turn.replace(live, quantity=live.order.quantity + grown)
        if grown > 0 and live.phase == "working":
            join(turn, live)
