"""Orders that rest, by price and arrival; fills, and what the venue says."""

from __future__ import annotations

from engine.depth.layout import (
    ARRIVAL,
    ARRIVED,
    BUY,
    CANCELLED,
    E_AT,
    E_FILLED,
    E_ID,
    E_KIND,
    E_PRICE,
    E_QUANTITY,
    E_REST,
    E_WHY,
    EVENT,
    EVENT_ROOM,
    EVENTS,
    FAULT,
    FILLED,
    FILLED_BY,
    ID,
    INSIDE,
    INSIDE_COUNT,
    LIVE_AT,
    LIVE_COUNT,
    LOWEST,
    MAKER,
    ORDER,
    POSITION,
    PRICE,
    QUANTITY,
    SELL,
    TOLD,
)
from engine.matching.memory import compiled, inlined, load, store


@compiled
def say(
    desk: int, at: int, kind: int, name: int, price: int, quantity: int, filled: int, rest: int,
    why: int,
) -> None:  # fmt: skip
    """Write an event down; price is an index, -1 for none."""
    told = load(desk, TOLD)
    if told >= load(desk, EVENT_ROOM):
        store(desk, FAULT, 1)
        return
    events, row = load(desk, EVENTS), told * EVENT
    store(events, row + E_AT, at)
    store(events, row + E_KIND, kind)
    store(events, row + E_ID, name)
    store(events, row + E_PRICE, price + load(desk, LOWEST) if price >= 0 else 0)
    store(events, row + E_QUANTITY, quantity)
    store(events, row + E_FILLED, filled)
    store(events, row + E_REST, rest)
    store(events, row + E_WHY, why)
    store(desk, TOLD, told + 1)


@inlined
def live(desk: int, side: int, place: int) -> int:
    """Where the order lies that is at a place of its side, best first."""
    return load(desk, LIVE_AT + side) + place * ORDER


@inlined
def rest_of(desk: int, order: int) -> int:
    """What an order still wants."""
    return load(desk, order + QUANTITY) - load(desk, order + FILLED)


@compiled
def insert(desk: int, side: int, name: int, price: int, quantity: int, filled: int) -> int:
    """Put an order behind those at its price; give where it lies. There must be room."""
    place = load(desk, LIVE_COUNT + side)
    store(desk, LIVE_COUNT + side, place + 1)
    while place > 0:
        before = live(desk, side, place - 1)
        other = load(desk, before + PRICE)
        if (other <= price) if side == SELL else (other >= price):
            break
        for word in range(ORDER):
            store(desk, before + ORDER + word, load(desk, before + word))
        place -= 1
    order = live(desk, side, place)
    store(desk, order + ID, name)
    store(desk, order + PRICE, price)
    store(desk, order + QUANTITY, quantity)
    store(desk, order + FILLED, filled)
    store(desk, order + INSIDE, 0)
    store(desk, order + ARRIVAL, load(desk, ARRIVED))
    store(desk, ARRIVED, load(desk, ARRIVED) + 1)
    return order


@compiled
def remove(desk: int, side: int, order: int) -> None:
    """Take an order out."""
    set_inside(desk, order, 0)
    count = load(desk, LIVE_COUNT + side) - 1
    store(desk, LIVE_COUNT + side, count)
    last = live(desk, side, count)
    while order < last:
        for word in range(ORDER):
            store(desk, order + word, load(desk, order + ORDER + word))
        order += ORDER


@inlined
def set_inside(desk: int, order: int, inside: int) -> None:
    """Whether the order's limit still reaches into the recorded book."""
    before = load(desk, order + INSIDE)
    store(desk, order + INSIDE, inside)
    store(desk, INSIDE_COUNT, load(desk, INSIDE_COUNT) + inside - before)


@compiled
def hold(desk: int, side: int, quantity: int) -> None:
    """A fill moves the position."""
    signed = quantity if side == BUY else -quantity
    store(desk, POSITION, load(desk, POSITION) + signed)


@compiled
def fill(desk: int, at: int, side: int, order: int, quantity: int) -> int:
    """Fill a resting order at its price, as far as it wants; give how much. One that wants no more
    is taken out, and the next of its side lies in its place."""
    quantity = min(quantity, rest_of(desk, order))
    if quantity <= 0:
        return 0
    filled, price = load(desk, order + FILLED) + quantity, load(desk, order + PRICE)
    store(desk, order + FILLED, filled)
    hold(desk, side, quantity)
    name, rest = load(desk, order + ID), rest_of(desk, order)
    say(desk, at, FILLED_BY, name, price, quantity, filled, rest, MAKER)
    if rest == 0:
        remove(desk, side, order)
    return quantity


@compiled
def cancel(desk: int, at: int, side: int, order: int, why: int) -> None:
    """End a resting order with what it has."""
    name, filled = load(desk, order + ID), load(desk, order + FILLED)
    rest = rest_of(desk, order)
    remove(desk, side, order)
    say(desk, at, CANCELLED, name, -1, 0, filled, rest, why)


@compiled
def earliest(desk: int, side: int, after: int) -> int:
    """Of the orders of a side that arrived after a number, the first; 0 for none."""
    found, when = 0, 0
    for place in range(load(desk, LIVE_COUNT + side)):
        order = live(desk, side, place)
        arrived = load(desk, order + ARRIVAL)
        if arrived > after and (found == 0 or arrived < when):
            found, when = order, arrived
    return found
