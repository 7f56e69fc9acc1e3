"""How an order works: it takes what its price allows, and what is left waits or is cancelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.venue.commands import Order
from engine.venue.events import Triggered
from engine.venue.impact import deals
from engine.venue.market import D, Live, Market
from engine.venue.parts import Take, taking
from engine.venue.turn import Turn
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.ticks import BookState


def waits(order: Order) -> bool:
    """Whether what it cannot take at once waits: good till cancelled, and not at any price now.

    A stop without a limit goes on taking until it has all, so that a thin book leaves no position
    without its stop.
    """
    if order.type is OrderType.MARKET:
        return False
    return order.time_in_force is TimeInForce.GTC or order.post_only


def wants(market: Market[D], live: Live) -> int:
    """What the order may trade now: a reducing one stops at a flat position."""
    if not live.order.reduce_only:
        return live.rest
    return max(0, min(live.rest, market.against(live.order)))


def would_take(turn: Turn[D], order: Order) -> bool:
    """Whether its limit reaches something that is there to be taken, or an order of its account."""
    mine = turn.rules.prevention != "none" and any(_rivals(turn.market, order))
    return mine or next(_within(order, turn.there(order.side)), None) is not None


def _reaches(market: Market[D], order: Order) -> bool:
    """Whether its limit reaches the other side of the book as it is displayed."""
    return next(_within(order, market.opposite(order.side)), None) is not None


def begin(turn: Turn[D], live: Live) -> None:
    """The order is at the venue: a stop may wake up, a limit order meets a book that can be met."""
    if live.phase == "asleep":
        price = turn.reference()
        if price is not None and reached(live.order, price):
            wake(turn, live)
    elif turn.market.book is BookState.OK:
        meet(turn, live)
    else:
        join(turn, live)


def meet(turn: Turn[D], live: Live) -> None:
    """Take what the order may; what is left waits, or is cancelled."""
    order, market = live.order, turn.market
    if order.post_only and would_take(turn, order):
        turn.cancel(live, Reason.WOULD_TAKE)
        return
    live.met = market.followed
    wanted, before = wants(market, live), live.filled
    _take(turn, live, wanted)
    if not live.rest:
        return
    if not waits(order):
        filled = live.filled - before
        turn.cancel(live, None if filled == wanted else Reason.NO_LIQUIDITY)
    elif order.limit is not None:
        join(turn, live)


def join(turn: Turn[D], live: Live) -> None:
    """Go to the end of the queue at the order's limit."""
    market = turn.market
    live.phase = "working"
    live.place = turn.rules.queue.joined(market.ahead_at(live.order))
    live.inside = market.book is BookState.OK and _reaches(market, live.order)
    turn.rest(live)


def reached(order: Order, price: int) -> bool:
    """Whether a price is at the stop's trigger or beyond it."""
    return order.trigger is not None and (price - order.trigger) * order.sign >= 0


def wake(turn: Turn[D], live: Live) -> None:
    """The trigger was reached: the order is sent into the book, as soon as that may be met."""
    live.phase = "awake"
    turn.say(Triggered, live.order.order_id, live.price, live.order.quantity)
    if turn.market.book is BookState.OK:
        meet(turn, live)


def _take(turn: Turn[D], live: Live, wanted: int) -> None:
    order = live.order
    offered = taking(_within(order, turn.there(order.side)), wanted)
    dealt = list(deals(turn.rules.impact, turn.market, live, offered))
    takes = [(each.level, each.quantity) for each in dealt]
    if order.time_in_force is TimeInForce.FOK and sum(each for _, each in takes) < live.rest:
        return
    if turn.rules.prevention != "none":
        for rival in _met(turn.market, order, takes, wanted):
            turn.cancel(rival, Reason.SELF_TRADE)
    for level, price, quantity in dealt:
        turn.fill(live, price, quantity, "taker")
        turn.consume(order.side, level, quantity)


def _within(order: Order, levels: Iterable[Take]) -> Iterator[Take]:
    """Levels whose price is at or better than the order's limit."""
    for price, quantity in levels:
        beyond = 0 if order.limit is None else price - order.limit
        if beyond * order.sign > 0:
            return
        yield price, quantity


def _rivals(market: Market[D], order: Order) -> Iterator[Live]:
    """Resting orders of the account that an order's limit reaches; targets are no orders of the
    book at venues that protect positions, and are left alone.
    """
    for live in market.resting.values():
        other, limit = live.order, live.order.limit
        if live.phase != "working" or limit is None or other.side == order.side or other.role:
            continue
        if order.limit is None or (limit - order.limit) * order.sign <= 0:
            yield live


def _met(market: Market[D], order: Order, takes: list[Take], wanted: int) -> list[Live]:
    """Those that an order comes to while it takes: better than its last price, or reached in their
    queue there; all, where the book has less than it wants.
    """
    rivals = list(_rivals(market, order))
    if not takes or wanted > sum(quantity for _, quantity in takes):
        return rivals
    worst, last = takes[-1]
    return [
        live for live in rivals
        if (live.order.limit or 0) * order.sign < worst * order.sign
        or (live.order.limit == worst and live.place.ahead is not None and last > live.place.ahead)
    ]  # fmt: skip
