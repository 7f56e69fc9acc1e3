"""Events as they are written, and what an order's words mean."""

from __future__ import annotations

from engine.matching.codes import PREVENTION
from engine.matching.ladder import queue_of
from engine.matching.layout import (
    ACCOUNT,
    CANCELLED,
    EVENT_WORDS,
    EVENTS,
    FLAGS_AT,
    HIDDEN,
    ID,
    INDEX,
    KIND_AT,
    KIND_MASK,
    LIMIT,
    LIMIT_PRICE,
    LOWEST,
    META,
    REJECTED,
    SEQ,
    SHOWN,
    STOP,
    SYMBOL_AT,
    TRADE,
)
from engine.matching.memory import compiled, inlined, load, store


@inlined
def side_of(meta: int) -> int:
    """BUY or SELL."""
    return meta & 255


@inlined
def kind_of(meta: int) -> int:
    """The Kind."""
    return (meta >> KIND_AT) & 255


@inlined
def asleep(meta: int) -> bool:
    """Whether it is an order that waits for its trigger."""
    return meta & KIND_MASK >= STOP << KIND_AT


@inlined
def symbol_of(meta: int) -> int:
    """The symbol."""
    return (meta >> SYMBOL_AT) & 0xFFFFFFFF


@inlined
def number_of(meta: int) -> int:
    """Which queue of its book an order is in."""
    return 3 - side_of(meta) if asleep(meta) else side_of(meta)


@inlined
def queue_in(book: int, meta: int) -> int:
    """Where the queue of an order lies."""
    return queue_of(book, number_of(meta))


@inlined
def open_of(state: int, order: int) -> int:
    """What of an order is open, shown or not."""
    return load(state, order + SHOWN) + load(state, order + HIDDEN)


@compiled
def price_of(state: int, book: int, order: int) -> int:
    """The limit of an order in ticks, 0 for none."""
    meta = load(state, order + META)
    if asleep(meta):
        return load(state, order + LIMIT_PRICE)
    if kind_of(meta) == LIMIT:
        return load(state, order + INDEX) + load(state, book + LOWEST)
    return 0


@inlined
def begin(state: int, head: int, order_id: int, maker_id: int) -> int:
    """Begin an event and make room behind it; gives its address."""
    event = load(state, EVENTS)
    store(state, EVENTS, event + 8 * EVENT_WORDS)
    store(event, 0, head)
    store(event, 1, load(state, SEQ))
    store(event, 2, order_id)
    store(event, 3, maker_id)
    return event


@inlined
def finish(event: int, price: int, quantity: int, account: int, maker_account: int) -> None:
    """End an event that was begun."""
    store(event, 4, price)
    store(event, 5, quantity)
    store(event, 6, account)
    store(event, 7, maker_account)


@compiled
def say(state: int, order: int, what: int, price: int, quantity: int, why: int, flags: int) -> None:
    """Tell of one order."""
    meta = load(state, order + META)
    head = what | flags << 8 | side_of(meta) << 16 | why << 24 | symbol_of(meta) << 32
    event = begin(state, head, load(state, order + ID), 0)
    finish(event, price, quantity, load(state, order + ACCOUNT), 0)


@compiled
def say_cancelled(state: int, book: int, order: int, why: int) -> None:
    """Tell that what is open of an order is withdrawn."""
    say(state, order, CANCELLED, price_of(state, book, order), open_of(state, order), why, 0)


@compiled
def say_rejected(state: int, command: int, why: int) -> None:
    """Tell that a command is refused."""
    word = load(command, 0)
    head = REJECTED | (word & 0xFF00) << 8 | why << 24 | word >> 32 << 32
    event = begin(state, head, load(command, 1), 0)
    finish(event, load(command, 3), load(command, 4), load(command, 2), 0)


@compiled
def say_market(state: int, command: int, what: int, price: int, quantity: int, flags: int) -> None:
    """Tell of a market."""
    symbol = load(command, 0) >> 32
    event = begin(state, what | flags << 8 | symbol << 32, 0, 0)
    finish(event, price, quantity, load(command, 2), 0)


@inlined
def say_trade(state: int, taker: int, maker: int, price: int, quantity: int, flags: int) -> None:
    """Tell of a trade."""
    meta = load(state, taker + META)
    head = TRADE | flags << 8 | side_of(meta) << 16 | symbol_of(meta) << 32
    event = begin(state, head, load(state, taker + ID), load(state, maker + ID))
    finish(event, price, quantity, load(state, taker + ACCOUNT), load(state, maker + ACCOUNT))


@inlined
def prevention(state: int, taker: int) -> int:
    """The self-trade prevention that a taker asks for; nobody's orders have none."""
    if load(state, taker + ACCOUNT) == 0:
        return 0
    return (load(state, taker + META) >> FLAGS_AT) & PREVENTION
