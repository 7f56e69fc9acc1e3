"""The state as words, and back: engine.matching.words says which."""

from __future__ import annotations

from typing import Any

from engine.matching.codes import SELL
from engine.matching.ladder import join, level_of, next_above, next_below, order_of, queue_of
from engine.matching.layout import (
    ACCOUNT,
    BEST,
    BOOK,
    BOOKS,
    ENTERED,
    HIDDEN,
    ICEBERG,
    ID,
    INDEX,
    LIMIT_PRICE,
    LINKS,
    LOWEST,
    META,
    NO_SELL,
    PEAK,
    SHOWN,
    SYMBOL_AT,
    TRAIL,
    WHOLE,
    WORDS_MASK,
)
from engine.matching.memory import compiled, load, load_half, store
from engine.matching.registry import know, take_slot
from engine.matching.stops import listed
from engine.matching.telling import asleep, price_of
from engine.matching.words import ORDER_WORDS


def save(state: Any, symbol: int, number: int, words: Any) -> int:
    """Write the orders of one queue, by priority; gives how many they are."""
    base = state.ctypes.data
    book = load(base, BOOKS) + symbol * BOOK
    queue = queue_of(book, number)
    index, written = load(base, queue + BEST), 0
    while 0 <= index < NO_SELL:
        slot = load_half(base, 2 * level_of(base, queue, index))
        while slot != 0:
            order = order_of(slot)
            if (written + 1) * ORDER_WORDS > len(words):
                return -1
            save_order(base, book, order, words, written * ORDER_WORDS)
            written += 1
            slot = load_half(base, 2 * (order + LINKS) + 1)
        odd = number & 1
        index = next_above(base, queue, index) if odd else next_below(base, queue, index)
    return written


@compiled
def save_order(base: int, book: int, order: int, words: Any, at: int) -> None:
    """The words of one order."""
    meta = load(base, order + META)
    sleeps = asleep(meta)
    words[at] = load(base, order + ID)
    words[at + 1] = load(base, order + ACCOUNT)
    words[at + 2] = meta & WORDS_MASK & ((1 << SYMBOL_AT) - 1)
    words[at + 3] = price_of(base, book, order)
    words[at + 4] = load(base, order + WHOLE)
    words[at + 5] = load(base, order + SHOWN)
    words[at + 6] = load(base, order + HIDDEN)
    words[at + 7] = load(base, order + PEAK) if meta & ICEBERG else 0
    words[at + 8] = load(base, order + INDEX) + load(base, book + LOWEST) if sleeps else 0
    words[at + 9] = load(base, order + TRAIL) if sleeps else 0
    words[at + 10] = load(base, order + ENTERED) if sleeps else 0


def restore(state: Any, symbol: int, number: int, words: Any) -> int:
    """Put orders that were saved at the end of a queue, in their order; gives how many."""
    base = state.ctypes.data
    book = load(base, BOOKS) + symbol * BOOK
    queue = queue_of(book, number)
    count = len(words) // ORDER_WORDS
    for row in range(count):
        at = row * ORDER_WORDS
        order = take_slot(base)
        restore_order(base, book, order, symbol, words, at)
        know(base, order)
        index = words[at + 8] if number > SELL else words[at + 3]
        join(base, queue, number & 1, order, index - load(base, book + LOWEST))
    return count


@compiled
def restore_order(base: int, book: int, order: int, symbol: int, words: Any, at: int) -> None:
    """The order of its words, in no queue yet."""
    meta = words[at + 2] | symbol << SYMBOL_AT
    if words[at + 7] != 0:
        meta |= ICEBERG
    store(base, order + META, meta)
    store(base, order + ID, words[at])
    store(base, order + ACCOUNT, words[at + 1])
    store(base, order + LIMIT_PRICE, words[at + 3])
    store(base, order + WHOLE, words[at + 4])
    store(base, order + SHOWN, words[at + 5])
    store(base, order + HIDDEN, words[at + 6])
    store(base, order + PEAK, words[at + 7])
    store(base, order + TRAIL, words[at + 9])
    store(base, order + ENTERED, words[at + 10])


def restore_stops(state: Any, symbol: int, slots: Any) -> int:
    """List the sleeping orders of these slots, in their order."""
    base = state.ctypes.data
    book = load(base, BOOKS) + symbol * BOOK
    for number in range(len(slots)):
        listed(base, book, order_of(slots[number]))
    return len(slots)
