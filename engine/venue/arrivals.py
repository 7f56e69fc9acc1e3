"""A command meets the market: orders are placed, changed, withdrawn; a position is protected."""

from __future__ import annotations

from dataclasses import replace

from engine.venue.commands import Cancel, Command, Modify, Order, Protect
from engine.venue.events import Done, Opened, Rejected
from engine.venue.following import lacks
from engine.venue.market import D, Live, Market
from engine.venue.protection import cover, settle
from engine.venue.turn import Turn
from engine.venue.working import begin, waits, wants, would_take
from schemas.orders import OrderType
from schemas.refusals import Reason
from schemas.ticks import BookState

BOOK_REFUSALS = {
    BookState.NONE: Reason.NO_LIQUIDITY,
    BookState.GAPPED: Reason.GAPPED_BOOK,
    BookState.STALE: Reason.STALE_BOOK,
    BookState.CROSSED: Reason.CROSSED_BOOK,
}
"""A book that is not OK shows no liquidity that could be believed."""


def arrive(turn: Turn[D], command: Command) -> None:
    """Carry the command out."""
    match command:
        case Order():
            _place(turn, command)
        case Modify():
            _modify(turn, command)
        case Cancel():
            _cancel(turn, command)
        case Protect():
            _protect(turn, command)
    settle(turn)


def _place(turn: Turn[D], order: Order) -> None:
    refused = _refusal(turn, order)
    if refused is not None:
        turn.say(Rejected, order.order_id, refused)
        return
    live = Live(order, "asleep" if order.stops else "working")
    if order.stops or waits(order):
        turn.rest(live)
        turn.say(Opened, order.order_id, live.price, order.quantity)
    begin(turn, live)


def _refusal(turn: Turn[D], order: Order) -> Reason | None:
    """Why the venue would not have the order."""
    market = turn.market
    if not _sound(order):
        return Reason.BAD_COMMAND
    if lacks(market, order):
        return Reason.UNSUPPORTED
    if not order.stops:
        if market.book is not BookState.OK:
            return BOOK_REFUSALS[market.book]
        if not waits(order) and next(turn.there(order.side), None) is None:
            return Reason.NO_LIQUIDITY
    if wants(market, Live(order)) <= 0:
        return Reason.POSITION_CHANGED
    if order.post_only and not order.stops and would_take(turn, order):
        return Reason.WOULD_TAKE
    return None


def _sound(order: Order) -> bool:
    """Whether the order has what its type needs."""
    limited = order.type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    return (
        order.quantity > 0
        and (not limited or (order.limit or 0) > 0)
        and (not order.stops or (order.trigger or 0) > 0)
        and (limited or not order.post_only)
    )


def _modify(turn: Turn[D], command: Modify) -> None:
    found = _found(turn.market, command.orders)
    refused = [_amend(turn, live, command) for live in found]
    if not found:
        turn.say(Rejected, command.order_id, Reason.UNKNOWN_ORDER)
    elif all(refused):
        turn.say(Rejected, command.order_id, refused[0])
    else:
        missing = Reason.UNKNOWN_ORDER if len(found) < len(command.orders) else None
        turn.say(Done, command.order_id, next(filter(None, refused), missing))


def _amend(turn: Turn[D], live: Live, command: Modify) -> Reason | None:
    """Change one order, or say why not; only one that shrinks at its price keeps its place."""
    order = live.order
    quantity = order.quantity if command.quantity is None else command.quantity
    limit = order.limit if command.limit is None else command.limit
    trigger = order.trigger if command.trigger is None else command.trigger
    after = replace(order, quantity=quantity, limit=limit, trigger=trigger)
    changed = Live(after, live.phase, live.filled)
    refused = _amend_refusal(turn, live, changed)
    if refused is not None:
        return refused
    if quantity <= live.filled:
        turn.cancel(live, None)
        return None
    turn.replace(live, quantity=quantity, limit=limit, trigger=trigger)
    if limit != order.limit or trigger != order.trigger or quantity > order.quantity:
        turn.rest(live)
        begin(turn, live)
    return None


def _amend_refusal(turn: Turn[D], live: Live, changed: Live) -> Reason | None:
    """Why the order cannot become that."""
    before, after, book = live.order, changed.order, turn.market.book
    if (
        not _sound(after)
        or (before.limit is None) != (after.limit is None)
        or (after.trigger != before.trigger and live.phase != "asleep")
        or (after.role is not None and after.quantity != before.quantity)
    ):
        return Reason.BAD_COMMAND
    if live.phase == "asleep" or (after.limit == before.limit and changed.rest <= live.rest):
        return None
    if book is not BookState.OK:
        return BOOK_REFUSALS[book]
    return Reason.WOULD_TAKE if after.post_only and would_take(turn, after) else None


def _cancel(turn: Turn[D], command: Cancel) -> None:
    market = turn.market
    found = _found(market, command.orders or tuple(market.resting))
    for live in found:
        turn.cancel(live, None)
    if command.orders and not found:
        turn.say(Rejected, command.order_id, Reason.UNKNOWN_ORDER)
    else:
        missing = len(found) < len(command.orders)
        turn.say(Done, command.order_id, Reason.UNKNOWN_ORDER if missing else None)


def _protect(turn: Turn[D], command: Protect) -> None:
    if not turn.market.position:
        turn.say(Rejected, command.order_id, Reason.NO_POSITION)
        return
    if lacks(turn.market, command):
        turn.say(Rejected, command.order_id, Reason.UNSUPPORTED)
        return
    whole = cover(turn, command, reprice=True)
    turn.say(Done, command.order_id, None if whole else Reason.POSITION_CHANGED)


def _found(market: Market[D], orders: tuple[str, ...]) -> list[Live]:
    """The orders named that are there, each once."""
    return [market.resting[each] for each in dict.fromkeys(orders) if each in market.resting]
