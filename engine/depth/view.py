"""What a strategy sees of its desk, and what it may do: the functions of its protocol.

A strategy is

    class Settings(NamedTuple):             # numbers, each with a default; every: ns between acts
        every: int = 100_000_000
        size: int = 1

    def act(desk: int, settings: Settings) -> None:
        if ready(desk) and not orders(desk):
            place(desk, BUY, best_bid(desk), settings.size, POST_ONLY)

compiled with numba, so of numbers, loops and these functions. It knows what has been received by
now, and of its own orders what the venue said no later than the feedback's delay ago. Prices are
ticks, quantities lots; a side is BUY or SELL.
"""

from __future__ import annotations

from engine.depth.book import best, displayed, there_is, worse
from engine.depth.layout import (
    AT,
    BOOK,
    BUY,
    C_KIND,
    C_PRICE,
    C_QUANTITY,
    C_SIDE,
    CANCEL,
    COMING,
    COMMAND,
    COMMAND_ROOM,
    COMMANDS,
    DRAWS,
    DUE,
    FAULT,
    FOK,
    GTC,
    IOC,
    KEPT,
    KEPT_AT,
    KNOWN_POSITION,
    LATENCIES,
    LEAVING,
    LOWEST,
    MARKET,
    MINE,
    MOST,
    MY_FILLED,
    MY_ID,
    MY_PRICE,
    MY_QUANTITY,
    MY_SIDE,
    MY_STATUS,
    NOW,
    OK,
    OP,
    OWN,
    OWN_AT,
    PENDING,
    PENDING_AT,
    PLACE,
    POST_ONLY,
    SELL,
    SENT,
    TARGET,
    WIDTH,
)
from engine.matching.memory import compiled, load, load_real, store, store_real

__all__ = (
    "BUY", "FOK", "GTC", "IOC", "MARKET", "POST_ONLY", "SELL", "best_ask", "best_bid", "cancel",
    "keep", "kept", "leaving", "left_of", "level_behind", "now", "order_at", "order_id", "orders",
    "place", "position", "price_of", "ready", "shown", "side_of",
)  # fmt: skip


@compiled
def now(desk: int) -> int:
    """The time, ns."""
    return load(desk, NOW)


@compiled
def ready(desk: int) -> bool:
    """Whether the book may be traded on, and has both sides."""
    return load(desk, BOOK) == OK and there_is(best(desk, BUY)) and there_is(best(desk, SELL))


@compiled
def best_bid(desk: int) -> int:
    """The highest bid; ask `ready` first."""
    return best(desk, BUY) + load(desk, LOWEST)


@compiled
def best_ask(desk: int) -> int:
    """The lowest ask; ask `ready` first."""
    return best(desk, SELL) + load(desk, LOWEST)


@compiled
def shown(desk: int, side: int, price: int) -> int:
    """Lots displayed at a price of a side, 0 where there is no level."""
    index = price - load(desk, LOWEST)
    return displayed(desk, side, index) if 0 <= index < load(desk, WIDTH) else 0


@compiled
def level_behind(desk: int, side: int, price: int) -> int:
    """Price of the next level of a side behind a price within the ladder; -1 for none."""
    index = price - load(desk, LOWEST)
    if not 0 <= index < load(desk, WIDTH):
        return -1
    behind = worse(desk, side, index)
    return behind + load(desk, LOWEST) if there_is(behind) else -1


@compiled
def position(desk: int) -> int:
    """Lots held as far as is known, negative when short."""
    return load(desk, KNOWN_POSITION)


@compiled
def kept(desk: int, number: int) -> float:
    """What the strategy kept under a number below 16; 0 before the first time."""
    return load_real(desk, KEPT_AT + number % KEPT)


@compiled
def keep(desk: int, number: int, value: float) -> None:
    """Keep a value for later acts."""
    store_real(desk, KEPT_AT + number % KEPT, value)


@compiled
def orders(desk: int) -> int:
    """How many orders of its own it knows of, those under way included."""
    return load(desk, OWN)


@compiled
def own(desk: int, number: int) -> int:
    """Where an own order lies; they count from 0, in the order in which they were placed."""
    return load(desk, OWN_AT) + number * MINE


@compiled
def order_id(desk: int, number: int) -> int:
    """The id of an own order."""
    return load(desk, own(desk, number) + MY_ID)


@compiled
def side_of(desk: int, number: int) -> int:
    """The side of an own order."""
    return load(desk, own(desk, number) + MY_SIDE)


@compiled
def price_of(desk: int, number: int) -> int:
    """The limit of an own order."""
    return load(desk, own(desk, number) + MY_PRICE)


@compiled
def left_of(desk: int, number: int) -> int:
    """What an own order still wants, as far as is known."""
    order = own(desk, number)
    return load(desk, order + MY_QUANTITY) - load(desk, order + MY_FILLED)


@compiled
def leaving(desk: int, number: int) -> bool:
    """Whether it has asked to cancel an own order."""
    return load(desk, own(desk, number) + MY_STATUS) == LEAVING


@compiled
def order_at(desk: int, side: int, price: int) -> int:
    """Number of its own order at a price, one that it has asked to cancel included; -1 for none."""
    for number in range(orders(desk)):
        if side_of(desk, number) == side and price_of(desk, number) == price:
            return number
    return -1


@compiled
def place(desk: int, side: int, price: int, quantity: int, kind: int) -> int:
    """Send an order; give its id, or -1 where it cannot be: it has no quantity, its price is beyond
    the ladder, or there are as many as there is room for. kind: POST_ONLY, GTC, IOC, FOK, MARKET.
    """
    count, index = orders(desk), price - load(desk, LOWEST)
    fits = kind == MARKET or 0 <= index < load(desk, WIDTH)
    if quantity <= 0 or not fits or count == load(desk, MOST):
        return -1
    number = send(desk, PLACE)
    if number < 0:
        return -1
    command, order = load(desk, COMMANDS) + 8 * COMMAND * number, own(desk, count)
    store(command, C_SIDE, side)
    store(command, C_PRICE, price)
    store(command, C_QUANTITY, quantity)
    store(command, C_KIND, kind)
    store(desk, order + MY_ID, number)
    store(desk, order + MY_SIDE, side)
    store(desk, order + MY_PRICE, price)
    store(desk, order + MY_QUANTITY, quantity)
    store(desk, order + MY_FILLED, 0)
    store(desk, order + MY_STATUS, COMING)
    store(desk, OWN, count + 1)
    return number


@compiled
def cancel(desk: int, number: int) -> bool:
    """Ask to cancel an own order by its number; False where it was asked already."""
    order = own(desk, number)
    if load(desk, order + MY_STATUS) == LEAVING:
        return False
    sent = send(desk, CANCEL)
    if sent < 0:
        return False
    store(load(desk, COMMANDS) + 8 * COMMAND * sent, TARGET, load(desk, order + MY_ID))
    store(desk, order + MY_STATUS, LEAVING)
    return True


@compiled
def send(desk: int, op: int) -> int:
    """Put a command on its way, behind those that arrive no later; -1 where there is no room."""
    number, count = load(desk, SENT), load(desk, PENDING)
    if number >= load(desk, COMMAND_ROOM) or count == 4 * load(desk, MOST):
        store(desk, FAULT, 1)
        return -1
    commands = load(desk, COMMANDS)
    command = commands + 8 * COMMAND * number
    due = load(desk, NOW) + load(load(desk, LATENCIES), number % load(desk, DRAWS))
    store(command, AT, load(desk, NOW))
    store(command, DUE, due)
    store(command, OP, op)
    store(desk, SENT, number + 1)
    at = load(desk, PENDING_AT) + count
    while count > 0 and load(commands + 8 * COMMAND * load(desk, at - 1), DUE) > due:
        store(desk, at, load(desk, at - 1))
        at, count = at - 1, count - 1
    store(desk, at, number)
    store(desk, PENDING, load(desk, PENDING) + 1)
    return number
