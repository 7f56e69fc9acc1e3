"""Queues of orders by price: joining, leaving, and the next price that has orders."""

from __future__ import annotations

from engine.matching.layout import (
    BEST,
    BITS0,
    BITS1,
    BITS2,
    BITS3,
    HEADER,
    HIDDEN,
    INDEX,
    LADDER,
    LINKS,
    NO_BUY,
    NO_SELL,
    ORDER,
    ORDER_SHIFT,
    QUEUE,
    QUEUES,
    SHOWN,
)
from engine.matching.memory import (
    compiled,
    highest_bit,
    inlined,
    load,
    load_half,
    lowest_bit,
    store,
    store_half,
)


@inlined
def order_of(slot: int) -> int:
    """Where the order of a slot lies; slots count from 1."""
    return HEADER + slot * ORDER


@inlined
def slot_of(order: int) -> int:
    """The slot of an order."""
    return (order - HEADER) >> ORDER_SHIFT


@inlined
def queue_of(book: int, number: int) -> int:
    """Where a queue of a book lies: 0 buys, 1 sells, 2 sell stops, 3 buy stops."""
    return book + QUEUES + number * QUEUE


@inlined
def level_of(state: int, queue: int, index: int) -> int:
    """Where a price of a queue lies."""
    return load(state, queue + LADDER) + 2 * index


@compiled
def join(state: int, queue: int, odd: int, order: int, index: int) -> None:
    """Put an order behind all others at a price."""
    level = level_of(state, queue, index)
    slot = slot_of(order)
    store(state, order + INDEX, index)
    last = load_half(state, 2 * level + 1)
    store_half(state, 2 * (order + LINKS), last)
    store_half(state, 2 * (order + LINKS) + 1, 0)
    store_half(state, 2 * level + 1, slot)
    volume = load(state, order + SHOWN) + load(state, order + HIDDEN)
    if last != 0:
        store_half(state, 2 * (order_of(last) + LINKS) + 1, slot)
        store(state, level + 1, load(state, level + 1) + volume)
        return
    store_half(state, 2 * level, slot)
    store(state, level + 1, volume)
    mark(state, queue, index)
    best = load(state, queue + BEST)
    if (index < best) if odd else (index > best):
        store(state, queue + BEST, index)


@compiled
def leave(state: int, queue: int, odd: int, order: int) -> None:
    """Take an order out of its queue."""
    index = load(state, order + INDEX)
    level = level_of(state, queue, index)
    before = load_half(state, 2 * (order + LINKS))
    behind = load_half(state, 2 * (order + LINKS) + 1)
    if before != 0:
        store_half(state, 2 * (order_of(before) + LINKS) + 1, behind)
    else:
        store_half(state, 2 * level, behind)
    if behind != 0:
        store_half(state, 2 * (order_of(behind) + LINKS), before)
    else:
        store_half(state, 2 * level + 1, before)
    volume = load(state, order + SHOWN) + load(state, order + HIDDEN)
    store(state, level + 1, load(state, level + 1) - volume)
    if before == 0 and behind == 0:
        emptied(state, queue, odd, index)


@inlined
def mark(state: int, queue: int, index: int) -> None:
    """Note that a price has orders."""
    word = index >> 6
    at = load(state, queue + BITS0) + word
    bits = load(state, at)
    store(state, at, bits | (1 << (index & 63)))
    if bits == 0:
        mark_above(state, queue, word)


@compiled
def mark_above(state: int, queue: int, word: int) -> None:
    """Note in the upper bitmaps that a word of the lowest has a bit."""
    at = load(state, queue + BITS1) + (word >> 6)
    bits = load(state, at)
    store(state, at, bits | (1 << (word & 63)))
    if bits == 0:
        at = load(state, queue + BITS2) + (word >> 12)
        bits = load(state, at)
        store(state, at, bits | (1 << ((word >> 6) & 63)))
        if bits == 0:
            top = load(state, queue + BITS3) | (1 << ((word >> 12) & 63))
            store(state, queue + BITS3, top)


@compiled
def emptied(state: int, queue: int, odd: int, index: int) -> None:
    """Note that a price has no orders any more, and find the best one anew if it was that."""
    word = index >> 6
    at = load(state, queue + BITS0) + word
    bits = load(state, at) & ~(1 << (index & 63))
    store(state, at, bits)
    if bits == 0:
        clear_above(state, queue, word)
    if index == load(state, queue + BEST):
        worse = next_above(state, queue, index) if odd else next_below(state, queue, index)
        store(state, queue + BEST, worse)


@compiled
def clear_above(state: int, queue: int, word: int) -> None:
    """Note in the upper bitmaps that a word of the lowest has no bit."""
    at = load(state, queue + BITS1) + (word >> 6)
    bits = load(state, at) & ~(1 << (word & 63))
    store(state, at, bits)
    if bits == 0:
        at = load(state, queue + BITS2) + (word >> 12)
        bits = load(state, at) & ~(1 << ((word >> 6) & 63))
        store(state, at, bits)
        if bits == 0:
            top = load(state, queue + BITS3) & ~(1 << ((word >> 12) & 63))
            store(state, queue + BITS3, top)


@compiled
def next_above(state: int, queue: int, index: int) -> int:
    """The lowest price above one that has orders, NO_SELL for none."""
    word = index >> 6
    bits = load(state, load(state, queue + BITS0) + word) & (-2 << (index & 63))
    if bits != 0:
        return (word << 6) | lowest_bit(bits)
    over = word >> 6
    bits = load(state, load(state, queue + BITS1) + over) & (-2 << (word & 63))
    if bits == 0:
        top = over >> 6
        bits = load(state, load(state, queue + BITS2) + top) & (-2 << (over & 63))
        if bits == 0:
            bits = load(state, queue + BITS3) & (-2 << (top & 63))
            if bits == 0:
                return NO_SELL
            top = lowest_bit(bits)
            bits = load(state, load(state, queue + BITS2) + top)
        over = (top << 6) | lowest_bit(bits)
        bits = load(state, load(state, queue + BITS1) + over)
    word = (over << 6) | lowest_bit(bits)
    return (word << 6) | lowest_bit(load(state, load(state, queue + BITS0) + word))


@compiled
def next_below(state: int, queue: int, index: int) -> int:
    """The highest price below one that has orders, NO_BUY for none."""
    word = index >> 6
    bits = load(state, load(state, queue + BITS0) + word) & ((1 << (index & 63)) - 1)
    if bits != 0:
        return (word << 6) | highest_bit(bits)
    over = word >> 6
    bits = load(state, load(state, queue + BITS1) + over) & ((1 << (word & 63)) - 1)
    if bits == 0:
        top = over >> 6
        bits = load(state, load(state, queue + BITS2) + top) & ((1 << (over & 63)) - 1)
        if bits == 0:
            bits = load(state, queue + BITS3) & ((1 << (top & 63)) - 1)
            if bits == 0:
                return NO_BUY
            top = highest_bit(bits)
            bits = load(state, load(state, queue + BITS2) + top)
        over = (top << 6) | highest_bit(bits)
        bits = load(state, load(state, queue + BITS1) + over)
    word = (over << 6) | highest_bit(bits)
    return (word << 6) | highest_bit(load(state, load(state, queue + BITS0) + word))
