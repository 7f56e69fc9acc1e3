"""Levels and best prices. An index is a price less the lowest of the ladder."""

from __future__ import annotations

from engine.depth.layout import CONSUMES, SELL, SIDE, SIDES, TAKEN_LEVELS
from engine.matching.ladder import emptied, level_of, mark, next_above, next_below
from engine.matching.layout import BEST, NO_BUY, NO_SELL
from engine.matching.memory import compiled, inlined, load, store


@inlined
def side_at(side: int) -> int:
    """Where a side lies."""
    return SIDES + side * SIDE


@inlined
def best(desk: int, side: int) -> int:
    """Index of the best price; NO_BUY or NO_SELL of an empty side."""
    return load(desk, side_at(side) + BEST)


@inlined
def there_is(index: int) -> bool:
    """Whether an index is that of a level, not of an empty side."""
    return index != NO_BUY and index != NO_SELL


@inlined
def displayed(desk: int, side: int, index: int) -> int:
    """Lots displayed at a price."""
    return load(desk, level_of(desk, side_at(side), index))


@inlined
def taken(desk: int, side: int, index: int) -> int:
    """Lots that our fills have taken of what is displayed."""
    return load(desk, level_of(desk, side_at(side), index) + 1)


@inlined
def left(desk: int, side: int, index: int) -> int:
    """Lots that a taker may have of a level."""
    return displayed(desk, side, index) - taken(desk, side, index)


@inlined
def worse(desk: int, side: int, index: int) -> int:
    """Index of the next level behind an index."""
    if side == SELL:
        return next_above(desk, side_at(side), index)
    return next_below(desk, side_at(side), index)


@inlined
def show(desk: int, side: int, index: int, quantity: int) -> None:
    """A level is displayed with another quantity; 0 takes it away."""
    queue = side_at(side)
    level = level_of(desk, queue, index)
    before = load(desk, level)
    store(desk, level, quantity)
    if before == 0 and quantity != 0:
        mark(desk, queue, index)
        top = load(desk, queue + BEST)
        if (index < top) if side == SELL else (index > top):
            store(desk, queue + BEST, index)
    elif before != 0 and quantity == 0:
        emptied(desk, queue, side, index)
    if load(desk, TAKEN_LEVELS) != 0 and load(desk, level + 1) > quantity:
        store(desk, level + 1, quantity)
        if quantity == 0:
            store(desk, TAKEN_LEVELS, load(desk, TAKEN_LEVELS) - 1)


@compiled
def take(desk: int, side: int, index: int, quantity: int) -> None:
    """Our fill takes a quantity of a level, which is gone where fills consume."""
    if load(desk, CONSUMES) == 0:
        return
    at = level_of(desk, side_at(side), index) + 1
    if load(desk, at) == 0:
        store(desk, TAKEN_LEVELS, load(desk, TAKEN_LEVELS) + 1)
    store(desk, at, load(desk, at) + quantity)


@compiled
def first_left(desk: int, side: int) -> int:
    """Index of the best level of which a taker may have something."""
    index = best(desk, side)
    while there_is(index) and left(desk, side, index) <= 0:
        index = worse(desk, side, index)
    return index


@compiled
def next_left(desk: int, side: int, index: int) -> int:
    """Index of the next such level behind an index."""
    index = worse(desk, side, index)
    while there_is(index) and left(desk, side, index) <= 0:
        index = worse(desk, side, index)
    return index


@inlined
def within(side: int, index: int, limit: int) -> bool:
    """Whether a level of the side is at or better than a limit of the other side."""
    if not there_is(index):
        return False
    return index <= limit if side == SELL else index >= limit


@compiled
def ahead_at(desk: int, side: int, index: int) -> int:
    """Lots displayed at a price; -1 where the side does not reach so far."""
    quantity = displayed(desk, side, index)
    if quantity == 0 and not there_is(worse(desk, side, index)):
        return -1
    return quantity
