"""A command meets the market: an order takes what it may and rests, or one that rests is ended.

The rules are those of engine.venue.arrivals and engine.venue.working.
"""

from __future__ import annotations

from engine.depth.book import (
    ahead_at,
    best,
    first_left,
    left,
    next_left,
    take,
    there_is,
    within,
)
from engine.depth.filling import cancel, earliest, hold, insert, live, say, set_inside
from engine.depth.layout import (
    AHEAD,
    ARRIVAL,
    ASKED,
    BAD_BOOK,
    BOOK,
    BUY,
    C_KIND,
    C_PRICE,
    C_QUANTITY,
    C_SIDE,
    CANCELLED,
    COMMAND,
    COMMANDS,
    DONE,
    FILLED_BY,
    FOK,
    GTC,
    ID,
    LIVE_COUNT,
    LOWEST,
    MARKET,
    NO_LIQUIDITY,
    OK,
    OP,
    OPENED,
    PLACE,
    POST_ONLY,
    PREVENTS,
    PRICE,
    REJECTED,
    SELF_TRADE,
    SELL,
    TAKER,
    TARGET,
    UNKNOWN,
    UNKNOWN_ORDER,
    WIDTH,
    WOULD_TAKE,
)
from engine.depth.queues import joined
from engine.matching.memory import compiled, inlined, load


@compiled
def arrive(desk: int, at: int, number: int) -> None:
    """Carry a command out at a time."""
    if load(desk, COMMANDS) != 0:
        command = load(desk, COMMANDS) + 8 * COMMAND * number
        if load(command, OP) == PLACE:
            place(desk, at, number, command)
        else:
            withdraw(desk, at, number, load(command, TARGET))


@compiled
def withdraw(desk: int, at: int, number: int, target: int) -> None:
    """End a resting order by its id."""
    for side in range(2):
        for place_of in range(load(desk, LIVE_COUNT + side)):
            order = live(desk, side, place_of)
            if load(desk, order + ID) == target:
                cancel(desk, at, side, order, ASKED)
                say(desk, at, DONE, number, -1, 0, 0, 0, ASKED)
                return
    say(desk, at, REJECTED, number, -1, 0, 0, 0, UNKNOWN_ORDER)


@inlined
def limit_of(desk: int, command: int) -> int:
    """Index of a command's limit; one at or beyond the ladder's far end for any price."""
    if load(command, C_KIND) == MARKET:
        return load(desk, WIDTH) if load(command, C_SIDE) == BUY else -1
    return load(command, C_PRICE) - load(desk, LOWEST)


@inlined
def waits(kind: int) -> bool:
    """Whether what such an order cannot take at once waits."""
    return kind in (GTC, POST_ONLY)


@compiled
def refusal(desk: int, command: int) -> int:
    """Why the venue would not have an order; -1 where it has it."""
    side, kind = load(command, C_SIDE), load(command, C_KIND)
    if load(desk, BOOK) != OK:
        return BAD_BOOK + load(desk, BOOK)
    there = first_left(desk, 1 - side)
    if not waits(kind) and not there_is(there):
        return NO_LIQUIDITY
    limit = limit_of(desk, command)
    if kind == POST_ONLY and (within(1 - side, there, limit) or rivals(desk, side, limit)):
        return WOULD_TAKE
    return -1


@compiled
def rivals(desk: int, side: int, limit: int) -> bool:
    """Whether an order of the account rests on the other side within a limit."""
    if load(desk, PREVENTS) == 0 or load(desk, LIVE_COUNT + 1 - side) == 0:
        return False
    return within(1 - side, load(desk, live(desk, 1 - side, 0) + PRICE), limit)


@compiled
def place(desk: int, at: int, number: int, command: int) -> None:
    """An order is at the venue: it takes, and what is left rests or is cancelled."""
    why = refusal(desk, command)
    if why >= 0:
        say(desk, at, REJECTED, number, -1, 0, 0, 0, why)
        return
    side, quantity = load(command, C_SIDE), load(command, C_QUANTITY)
    limit, kind = limit_of(desk, command), load(command, C_KIND)
    if waits(kind):
        say(desk, at, OPENED, number, limit, quantity, 0, quantity, ASKED)
    filled = sweep(desk, at, number, side, limit, quantity, kind == FOK)
    if filled == quantity:
        return
    if not waits(kind):
        say(desk, at, CANCELLED, number, -1, 0, filled, quantity - filled, NO_LIQUIDITY)
        return
    order = insert(desk, side, number, limit, quantity, filled)
    joined(desk, order, ahead_at(desk, side, limit))
    if within(1 - side, best(desk, 1 - side), limit):
        set_inside(desk, order, 1)


@compiled
def sweep(
    desk: int, at: int, number: int, side: int, limit: int, quantity: int, whole: bool
) -> int:
    """Take what is there within a limit, level by level; give how much. whole: all or nothing."""
    against = 1 - side
    index, wanted, last, worst = first_left(desk, against), quantity, 0, -1
    while wanted > 0 and within(against, index, limit):
        worst, last = index, min(wanted, left(desk, against, index))
        wanted -= last
        index = next_left(desk, against, index)
    if whole and wanted > 0:
        return 0
    if load(desk, PREVENTS) != 0:
        prevent(desk, at, side, limit, worst, last, wanted > 0)
    filled, index = 0, first_left(desk, against)
    while filled < quantity and within(against, index, limit):
        part = min(quantity - filled, left(desk, against, index))
        filled += part
        hold(desk, side, part)
        say(desk, at, FILLED_BY, number, index, part, filled, quantity - filled, TAKER)
        take(desk, against, index, part)
        index = next_left(desk, against, index) if filled < quantity else index
    return filled


@compiled
def prevent(desk: int, at: int, side: int, limit: int, worst: int, last: int, short: bool) -> None:
    """End the resting orders of the account that a taker comes to: better than the last price it
    takes, or reached in their queue there; all within its limit, where the book is short."""
    against, after = 1 - side, -1
    while True:
        order = earliest(desk, against, after)
        if order == 0:
            return
        after = load(desk, order + ARRIVAL)
        price, ahead = load(desk, order + PRICE), load(desk, order + AHEAD)
        if not within(against, price, limit):
            continue
        better = price < worst if against == SELL else price > worst
        met = price == worst and ahead != UNKNOWN and last > ahead
        if short or worst < 0 or better or met:
            cancel(desk, at, against, order, SELF_TRADE)
