"""Orders that wait for a trade price: listed, moved along, elected."""

from __future__ import annotations

from engine.matching.codes import BUY
from engine.matching.ladder import (
    join,
    leave,
    level_of,
    order_of,
    queue_of,
    slot_of,
)
from engine.matching.layout import (
    BEST,
    ELECTED,
    ELECTED_END,
    FINAL,
    FIRST,
    INDEX,
    LAST,
    LINKS,
    LOWEST,
    META,
    REFERENCE,
    STOPS,
    TRAIL,
    TRAIL_LINKS,
    TRAILING,
    TRAILING_END,
    TRAILING_STOP,
)
from engine.matching.memory import compiled, load, load_half, store, store_half
from engine.matching.telling import kind_of, number_of, side_of


@compiled
def reference(state: int, book: int) -> int:
    """The price of the last trade, before the first the instrument's reference."""
    last = load(state, book + LAST)
    return last if last != 0 else load(state, book + REFERENCE)


@compiled
def listed(state: int, book: int, order: int) -> None:
    """Count an order that begins to sleep; one that trails goes behind the others that do."""
    store(state, book + STOPS, load(state, book + STOPS) + 1)
    if kind_of(load(state, order + META)) != TRAILING_STOP:
        return
    slot, last = slot_of(order), load(state, book + TRAILING_END)
    store_half(state, 2 * (order + TRAIL_LINKS), last)
    store_half(state, 2 * (order + TRAIL_LINKS) + 1, 0)
    store(state, book + TRAILING_END, slot)
    if last != 0:
        store_half(state, 2 * (order_of(last) + TRAIL_LINKS) + 1, slot)
    else:
        store(state, book + TRAILING, slot)


@compiled
def unlisted(state: int, book: int, order: int) -> None:
    """The other way round: an order sleeps no more."""
    store(state, book + STOPS, load(state, book + STOPS) - 1)
    if kind_of(load(state, order + META)) != TRAILING_STOP:
        return
    before = load_half(state, 2 * (order + TRAIL_LINKS))
    behind = load_half(state, 2 * (order + TRAIL_LINKS) + 1)
    if before != 0:
        store_half(state, 2 * (order_of(before) + TRAIL_LINKS) + 1, behind)
    else:
        store(state, book + TRAILING, behind)
    if behind != 0:
        store_half(state, 2 * (order_of(behind) + TRAIL_LINKS), before)
    else:
        store(state, book + TRAILING_END, before)


@compiled
def elect(state: int, book: int) -> None:
    """Let the trades of a step move and elect the orders that sleep.

    Prices within a step only rise or only fall, so its first and last trade stand for all: what
    lies between them reaches no trigger that one of the two does not, in the same order.
    """
    first, final = load(state, FIRST), load(state, FINAL)
    if final == 0:
        return
    if load(state, book + STOPS) != 0:
        elect_at(state, book, first)
        if final != first:
            elect_at(state, book, final)
    store(state, book + LAST, final)


@compiled
def elect_at(state: int, book: int, price: int) -> None:
    """One trade price: trailing stops follow it, and it elects the stops that it reaches."""
    index = price - load(state, book + LOWEST)
    slot = load(state, book + TRAILING)
    while slot != 0:
        order = order_of(slot)
        slot = load_half(state, 2 * (order + TRAIL_LINKS) + 1)
        follow(state, book, order, index)
    buys, sells = queue_of(book, 3), queue_of(book, 2)
    while load(state, buys + BEST) <= index:
        elect_first(state, book, buys)
    while load(state, sells + BEST) >= index:
        elect_first(state, book, sells)


@compiled
def follow(state: int, book: int, order: int, index: int) -> None:
    """Move the trigger of a trailing stop towards a price, never away."""
    meta = load(state, order + META)
    trail, trigger = load(state, order + TRAIL), load(state, order + INDEX)
    buys = side_of(meta) == BUY
    moved = index + trail if buys else index - trail
    if (moved < trigger) if buys else (moved > trigger):
        number = number_of(meta)
        queue = queue_of(book, number)
        leave(state, queue, number & 1, order)
        join(state, queue, number & 1, order, moved)


@compiled
def elect_first(state: int, book: int, queue: int) -> None:
    """Move the first stop of a queue to the end of those that are to be activated."""
    index = load(state, queue + BEST)
    slot = load_half(state, 2 * level_of(state, queue, index))
    order = order_of(slot)
    leave(state, queue, number_of(load(state, order + META)) & 1, order)
    unlisted(state, book, order)
    store_half(state, 2 * (order + LINKS) + 1, 0)
    last = load(state, book + ELECTED_END)
    if last != 0:
        store_half(state, 2 * (order_of(last) + LINKS) + 1, slot)
    else:
        store(state, book + ELECTED, slot)
    store(state, book + ELECTED_END, slot)
