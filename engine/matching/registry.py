"""Slots of orders, and the cells that find one by its id."""

from __future__ import annotations

from engine.matching.codes import REDUCE_ONLY
from engine.matching.ladder import order_of, slot_of
from engine.matching.layout import (
    CELLS,
    FIBONACCI,
    FLAGS_AT,
    FREE,
    FRESH,
    ICEBERG,
    ICEBERGS,
    ID,
    KNOWN,
    LINKS,
    LIVE,
    MASK,
    META,
    REDUCERS,
)
from engine.matching.memory import compiled, inlined, load, load_half, store, store_half

REDUCES = REDUCE_ONLY << FLAGS_AT
COUNTED = REDUCES | ICEBERG


@inlined
def home(mask: int, order_id: int) -> int:
    """The cell at which the search for an id begins."""
    return ((order_id * FIBONACCI) >> 30) & mask


@inlined
def cell_of(state: int, order_id: int) -> int:
    """Where the cell of an id lies, or the empty one where it belongs."""
    mask, cells = load(state, MASK), load(state, CELLS)
    number = home(mask, order_id)
    while True:
        cell = cells + 2 * number
        if load(state, cell + 1) == 0 or load(state, cell) == order_id:
            return cell
        number = (number + 1) & mask


@inlined
def take_slot(state: int) -> int:
    """An order to write to: the slot freed last, or the next that was never used."""
    slot = load(state, FREE)
    if slot != 0:
        order = order_of(slot)
        store(state, FREE, load_half(state, 2 * (order + LINKS) + 1))
        return order
    slot = load(state, FRESH)
    store(state, FRESH, slot + 1)
    return order_of(slot)


@inlined
def give_slot(state: int, order: int) -> None:
    """Free the slot of an order; its words stay until it is taken again."""
    store_half(state, 2 * (order + LINKS) + 1, load(state, FREE))
    store(state, FREE, slot_of(order))


@inlined
def know(state: int, order: int) -> None:
    """Make a new order found by its id."""
    live = load(state, LIVE) + 1
    if 2 * live > load(state, MASK):
        widen(state)
    store(state, LIVE, live)
    order_id = load(state, order + ID)
    cell = cell_of(state, order_id)
    store(state, cell, order_id)
    store(state, cell + 1, slot_of(order))
    if load(state, order + META) & COUNTED:
        count(state, order, 1)


@inlined
def forget(state: int, order: int) -> None:
    """Free an order that is found by its id, and is in no queue."""
    store(state, LIVE, load(state, LIVE) - 1)
    if load(state, order + META) & COUNTED:
        count(state, order, -1)
    empty_cell(state, load(state, order + ID))
    give_slot(state, order)


@inlined
def done(state: int, order: int) -> None:
    """Free an order that was on its way, known by its id or not yet."""
    if load(state, order + META) & KNOWN:
        forget(state, order)
    else:
        give_slot(state, order)


@compiled
def count(state: int, order: int, one: int) -> None:
    """Count icebergs and orders that reduce."""
    meta = load(state, order + META)
    if meta & ICEBERG:
        store(state, ICEBERGS, load(state, ICEBERGS) + one)
    if meta & REDUCES:
        store(state, REDUCERS, load(state, REDUCERS) + one)


@compiled
def empty_cell(state: int, order_id: int) -> None:
    """Empty the cell of an id, moving those up that had to go past it (Knuth 6.4, algorithm R)."""
    mask, cells = load(state, MASK), load(state, CELLS)
    hole = (cell_of(state, order_id) - cells) >> 1
    at = hole
    while True:
        at = (at + 1) & mask
        slot = load(state, cells + 2 * at + 1)
        if slot == 0:
            break
        other = load(state, cells + 2 * at)
        if ((at - home(mask, other)) & mask) >= ((at - hole) & mask):
            store(state, cells + 2 * hole, other)
            store(state, cells + 2 * hole + 1, slot)
            hole = at
    store(state, cells + 2 * hole + 1, 0)


@compiled
def widen(state: int) -> None:
    """Use twice as many cells; there is memory for twice as many as there may be orders.

    The cells from the old end on are empty. Each filled run is lifted out and put back by the new
    mask, beginning behind an empty cell, so that no search is ever broken off by a cell to come.
    """
    old, cells = load(state, MASK), load(state, CELLS)
    store(state, MASK, 2 * old + 1)
    start = 0
    while load(state, cells + 2 * start + 1) != 0:
        start += 1
    for step in range(1, old + 1):
        at = cells + 2 * ((start + step) & old)
        slot = load(state, at + 1)
        if slot != 0:
            order_id = load(state, at)
            store(state, at + 1, 0)
            cell = cell_of(state, order_id)
            store(state, cell, order_id)
            store(state, cell + 1, slot)
