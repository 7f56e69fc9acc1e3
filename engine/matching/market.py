"""Commands about a market: its phase, with the auction that opens it, its band, positions in it."""

from __future__ import annotations

from engine.matching.codes import MAX_POSITION, UNCROSSED
from engine.matching.entering import activate_all
from engine.matching.ladder import level_of, next_above, order_of, queue_of
from engine.matching.layout import (
    ACCOUNTS,
    AUCTION,
    BAD,
    BANDED,
    BEST,
    CLEARED,
    DISTANCE_FOUND,
    ELECTED,
    FINAL,
    FIRST,
    HIGH,
    IMBALANCE_FOUND,
    INDEX,
    LOW,
    LOWEST,
    NO_SELL,
    NOT_REDUCING,
    OPEN,
    PHASE,
    PHASED,
    POSITIONED,
    POSITIONS,
    PRICE_FOUND,
    SHOWN,
    SYMBOLS,
    VOLUME_FOUND,
    WIDTH,
)
from engine.matching.memory import compiled, load, load_half, store
from engine.matching.placing import book_of
from engine.matching.stops import elect, reference
from engine.matching.telling import say_market, say_rejected
from engine.matching.trading import drop, refresh, spent, trade


@compiled
def market_of(state: int, command: int) -> int:
    """The book a command is about, 0 for none."""
    symbol = (load(command, 0) >> 32) & 0xFFFFFFFF
    return book_of(state, symbol) if symbol < load(state, SYMBOLS) else 0


@compiled
def set_phase(state: int, command: int) -> None:
    """Carry out a PHASE."""
    book, phase = market_of(state, command), (load(command, 0) >> 16) & 255
    if book == 0 or phase > AUCTION:
        say_rejected(state, command, BAD)
        return
    store(state, book + PHASE, phase)
    say_market(state, command, PHASED, 0, 0, phase)
    buys, sells = queue_of(book, 0), queue_of(book, 1)
    while phase == OPEN and load(state, buys + BEST) >= load(state, sells + BEST):
        uncross(state, book, command)
    if load(state, book + ELECTED) != 0:
        activate_all(state, book)


@compiled
def set_band(state: int, command: int) -> None:
    """Carry out a BAND."""
    book = market_of(state, command)
    price, top = load(command, 3), load(command, 5)
    if (
        book == 0
        or price < load(state, book + LOWEST)
        or top < price
        or top >= load(state, book + LOWEST) + load(state, book + WIDTH)
    ):
        say_rejected(state, command, BAD)
    else:
        store(state, book + LOW, price - load(state, book + LOWEST))
        store(state, book + HIGH, top - load(state, book + LOWEST))
        say_market(state, command, BANDED, price, top, 0)


@compiled
def set_position(state: int, command: int) -> None:
    """Carry out a POSITION."""
    book, account, quantity = market_of(state, command), load(command, 2), load(command, 4)
    if (
        book == 0
        or account <= 0
        or account >= load(state, ACCOUNTS)
        or quantity > MAX_POSITION
        or quantity < -MAX_POSITION
    ):
        say_rejected(state, command, BAD)
    else:
        store(state, load(state, book + POSITIONS) + account, quantity)
        say_market(state, command, POSITIONED, 0, quantity, 0)


@compiled
def uncross(state: int, book: int, command: int) -> None:
    """Trade what can at the price that clears a crossed book."""
    clear(state, book)
    price = load(state, PRICE_FOUND) + load(state, book + LOWEST)
    say_market(state, command, CLEARED, price, load(state, VOLUME_FOUND), 0)
    store(state, FIRST, 0)
    store(state, FINAL, 0)
    while uncross_one(state, book, load(state, PRICE_FOUND)):
        pass
    elect(state, book)


@compiled
def uncross_one(state: int, book: int, index: int) -> bool:
    """One step of the first buyer with the first seller at a price; False: none is left."""
    buys, sells = queue_of(book, 0), queue_of(book, 1)
    bid, ask = load(state, buys + BEST), load(state, sells + BEST)
    if bid < index or ask > index:
        return False
    buy = order_of(load_half(state, 2 * level_of(state, buys, bid)))
    sell = order_of(load_half(state, 2 * level_of(state, sells, ask)))
    if spent(state, book, buy, sell):
        drop(state, book, buy, NOT_REDUCING)
    elif spent(state, book, sell, buy):
        drop(state, book, sell, NOT_REDUCING)
    else:
        traded(state, book, buy, sell, index + load(state, book + LOWEST))
    return True


@compiled
def traded(state: int, book: int, buy: int, sell: int, price: int) -> None:
    """Trade between two that rest: both their levels have less."""
    shown = load(state, buy + SHOWN)
    trade(state, book, buy, sell, price, UNCROSSED)
    level = level_of(state, queue_of(book, 0), load(state, buy + INDEX))
    quantity = shown - load(state, buy + SHOWN)
    store(state, level + 1, load(state, level + 1) - quantity)
    refresh(state, book, sell)
    refresh(state, book, buy)


@compiled
def clear(state: int, book: int) -> None:
    """Find the price that clears a crossed book, and its volume.

    Between two prices at which demand or supply changes both stand still, so of such a span the
    price nearest to the reference stands for all.
    """
    buys, sells = queue_of(book, 0), queue_of(book, 1)
    top, at = load(state, buys + BEST), load(state, sells + BEST)
    near = reference(state, book) - load(state, book + LOWEST)
    bid, ask = first_from(state, buys, at), next_above(state, sells, at)
    demand, supply = demand_from(state, buys, bid), volume_at(state, sells, at)
    store(state, VOLUME_FOUND, 0)
    while at <= top:
        end = min(bid, ask - 1)
        consider(state, min(max(near, at), end), demand, supply, near)
        if end == bid:
            demand -= volume_at(state, buys, bid)
            bid = next_above(state, buys, bid)
        at = end + 1
        if at == ask:
            supply += volume_at(state, sells, ask)
            ask = next_above(state, sells, ask)


@compiled
def consider(state: int, index: int, demand: int, supply: int, near: int) -> None:
    """Keep a price if it is better: most volume, then least imbalance, then nearest."""
    volume, left, far = min(demand, supply), abs(demand - supply), abs(index - near)
    best, least = load(state, VOLUME_FOUND), load(state, IMBALANCE_FOUND)
    nearer = left == least and far < load(state, DISTANCE_FOUND)
    if volume > best or (volume == best and (left < least or nearer)):
        store(state, PRICE_FOUND, index)
        store(state, VOLUME_FOUND, volume)
        store(state, IMBALANCE_FOUND, left)
        store(state, DISTANCE_FOUND, far)


@compiled
def volume_at(state: int, queue: int, index: int) -> int:
    """What is open at a price."""
    return load(state, level_of(state, queue, index) + 1)


@compiled
def first_from(state: int, queue: int, index: int) -> int:
    """The lowest price that has orders, from one up."""
    if load_half(state, 2 * level_of(state, queue, index)) != 0:
        return index
    return next_above(state, queue, index)


@compiled
def demand_from(state: int, queue: int, index: int) -> int:
    """What is open from a price up."""
    total = 0
    while index < NO_SELL:
        total += volume_at(state, queue, index)
        index = next_above(state, queue, index)
    return total
