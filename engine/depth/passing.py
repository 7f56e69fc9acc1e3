"""The recorded market goes by: levels, trades and quotes, and what they do to orders that rest.

The rules are those of engine.venue.passage; rows are in the order of the recording.
"""

from __future__ import annotations

from engine.depth.arriving import arrive
from engine.depth.book import ahead_at, best, show, there_is
from engine.depth.filling import earliest, fill, live, rest_of, set_inside
from engine.depth.layout import (
    ARRIVAL,
    ASK,
    BEST_ASK,
    BEST_BID,
    BOOK,
    BOUGHT,
    BUY,
    COMMAND,
    COMMANDS,
    DUE,
    ENDS,
    INSIDE,
    INSIDE_COUNT,
    KIND,
    LIVE_COUNT,
    LOWEST,
    OK,
    PENDING,
    PENDING_AT,
    PRICE,
    PRICES,
    QUANTITIES,
    QUIET,
    QUOTED_BID,
    ROW,
    ROWS,
    SELL,
    SNAPSHOT,
    SOLD,
    STATE,
    TIMES,
    UPDATED,
    WHATS,
)
from engine.depth.queues import reached, redisplayed
from engine.matching.memory import compiled, inlined, load, store

NEVER = (1 << 63) - 1


@compiled
def advance(desk: int, until: int) -> None:
    """Let all happen that is due by a time: a command after the rows of its own time."""
    while True:
        due = NEVER
        if load(desk, PENDING) > 0:
            number = load(desk, load(desk, PENDING_AT))
            due = load(load(desk, COMMANDS) + 8 * COMMAND * number, DUE)
        follow(desk, min(until, due))
        if due > until or load(desk, ROW) == load(desk, ROWS):
            return
        shift(desk)
        arrive(desk, due, number)


@inlined
def shift(desk: int) -> None:
    """Take the first pending command out."""
    count, at = load(desk, PENDING) - 1, load(desk, PENDING_AT)
    store(desk, PENDING, count)
    for place in range(count):
        store(desk, at + place, load(desk, at + place + 1))


@compiled
def follow(desk: int, until: int) -> None:
    """The rows up to a time."""
    times, whats = load(desk, TIMES), load(desk, WHATS)
    prices, quantities = load(desk, PRICES), load(desk, QUANTITIES)
    row, rows, lowest = load(desk, ROW), load(desk, ROWS), load(desk, LOWEST)
    while row < rows and load(times, row) <= until:
        what = load(whats, row)
        index, quantity = load(prices, row) - lowest, load(quantities, row)
        kind = what & KIND
        if kind <= ASK:
            show(desk, kind, index, quantity)
            if what & QUIET == 0 and load(desk, LIVE_COUNT + kind) != 0:
                redisplay(desk, kind, index, quantity)
        else:
            other(desk, kind, load(times, row), index, quantity)
        if what & (UPDATED | ENDS) != 0:
            ended(desk, load(times, row), what)
        row += 1
    store(desk, ROW, row)


@compiled
def redisplay(desk: int, side: int, index: int, quantity: int) -> None:
    """Orders at a price whose level has another quantity."""
    for place in range(load(desk, LIVE_COUNT + side)):
        order = live(desk, side, place)
        if load(desk, order + PRICE) == index:
            redisplayed(desk, order, quantity)


@compiled
def other(desk: int, kind: int, at: int, index: int, quantity: int) -> None:
    """A row that is no level."""
    if kind in (BOUGHT, SOLD):
        print_at(desk, at, BUY if kind == BOUGHT else SELL, index, quantity)
    elif kind == BEST_BID:
        store(desk, QUOTED_BID, index)
    elif kind == BEST_ASK:
        through(desk, at, load(desk, QUOTED_BID), index)
    elif kind == STATE:
        store(desk, BOOK, quantity)


@compiled
def ended(desk: int, at: int, what: int) -> None:
    """An update or a record is over: what the book's best prices have gone through is filled."""
    if what & SNAPSHOT != 0:
        anew(desk)
    if load(desk, BOOK) == OK:
        through(desk, at, best(desk, BUY), best(desk, SELL))


@compiled
def anew(desk: int) -> None:
    """The whole book was told: the levels that it has, and that others are empty where it reaches
    so far and may be met."""
    for side in range(2):
        for place in range(load(desk, LIVE_COUNT + side)):
            order = live(desk, side, place)
            shown = ahead_at(desk, side, load(desk, order + PRICE))
            if shown > 0 or (shown == 0 and load(desk, BOOK) == OK):
                redisplayed(desk, order, shown)


@compiled
def print_at(desk: int, at: int, aggressor: int, index: int, recorded: int) -> None:
    """A trade, and what of it gets to the orders that rest: buys first, the better limit first."""
    left = recorded
    for side in range(2):
        place = 0
        while place < load(desk, LIVE_COUNT + side):
            order = live(desk, side, place)
            price = load(desk, order + PRICE)
            beyond = price - index if side == BUY else index - price
            if beyond < 0:
                break
            before, part = load(desk, LIVE_COUNT + side), 0
            if beyond > 0 and load(desk, order + INSIDE) == 0:
                fill(desk, at, side, order, rest_of(desk, order))
            elif aggressor != side and beyond > 0:
                part = fill(desk, at, side, order, left)
            elif aggressor != side:
                part = fill(desk, at, side, order, reached(desk, order, left, recorded))
            left -= part
            place += 1 if load(desk, LIVE_COUNT + side) == before else 0


@inlined
def through(desk: int, at: int, bid: int, ask: int) -> None:
    """Best prices, told by the book or by a quote: mostly they have gone through no order."""
    if load(desk, INSIDE_COUNT) != 0 or gone(desk, BUY, ask) or gone(desk, SELL, bid):
        swept(desk, at, bid, ask)


@inlined
def gone(desk: int, side: int, best_of_other: int) -> bool:
    """Whether the other side's best price is beyond the best order of a side."""
    if load(desk, LIVE_COUNT + side) == 0 or not there_is(best_of_other):
        return False
    price = load(desk, live(desk, side, 0) + PRICE)
    return best_of_other < price if side == BUY else best_of_other > price


@compiled
def swept(desk: int, at: int, bid: int, ask: int) -> None:
    """Fill what best prices have gone through, in order of arrival."""
    if there_is(bid) and there_is(ask) and bid >= ask:
        return
    after = -1
    while True:
        side, order = BUY, earliest(desk, BUY, after)
        other_order = earliest(desk, SELL, after)
        if order == 0 or (other_order != 0 and before(desk, other_order, order)):
            side, order = SELL, other_order
        if order == 0:
            return
        after = load(desk, order + ARRIVAL)
        touch = ask if side == BUY else bid
        if there_is(touch):
            pass_by(desk, at, side, order, touch)


@inlined
def before(desk: int, one: int, two: int) -> bool:
    """Whether one order arrived before another."""
    return load(desk, one + ARRIVAL) < load(desk, two + ARRIVAL)


@inlined
def pass_by(desk: int, at: int, side: int, order: int, touch: int) -> None:
    """The other side's best price, seen from an order that rests."""
    price = load(desk, order + PRICE)
    beyond = price - touch if side == BUY else touch - price
    if beyond <= 0:
        set_inside(desk, order, 0)
    elif load(desk, order + INSIDE) == 0:
        fill(desk, at, side, order, rest_of(desk, order))
