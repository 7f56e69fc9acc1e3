"""Commands about money, and what the engine does by itself once they are carried out."""

from __future__ import annotations

from engine.matching.ladder import level_of, next_above, next_below, order_of, queue_of
from engine.matching.layout import (
    ACCOUNT,
    BEST,
    CLEAR,
    LINKS,
    LIQUIDATED,
    NEXT,
    NO_SELL,
    NOTHING,
    OWN_ACCOUNT,
    OWN_COMMAND,
    OWN_SYMBOL,
    WATCHED,
    WITHDRAW_ORDERS,
)
from engine.matching.memory import compiled, load, load_half
from engine.matching.placing import book_of, place
from engine.matching.trading import ask, drop


@compiled
def clear(state: int, command: int) -> None:
    """Carry out a command about money, then what engine.clearing asks for until it is content."""
    ask(state, CLEAR, 0, command, 0, 0, 0)
    while load(state, WATCHED) != 0:
        found = ask(state, NEXT, 0, 0, 0, 0, 0)
        if found == NOTHING:
            break
        if found == WITHDRAW_ORDERS:
            withdraw(state, load(state, OWN_SYMBOL), load(state, OWN_ACCOUNT))
        else:
            place(state, state + 8 * OWN_COMMAND)


@compiled
def withdraw(state: int, symbol: int, account: int) -> None:
    """Withdraw an account's orders of a symbol, by queue and priority."""
    book = book_of(state, symbol)
    for number in range(4):
        queue = queue_of(book, number)
        index = load(state, queue + BEST)
        while 0 <= index < NO_SELL:
            withdraw_at(state, book, queue, index, account)
            odd = number & 1
            index = next_above(state, queue, index) if odd else next_below(state, queue, index)


@compiled
def withdraw_at(state: int, book: int, queue: int, index: int, account: int) -> None:
    """As withdraw, of one price."""
    slot = load_half(state, 2 * level_of(state, queue, index))
    while slot != 0:
        order = order_of(slot)
        slot = load_half(state, 2 * (order + LINKS) + 1)
        if load(state, order + ACCOUNT) == account:
            drop(state, book, order, LIQUIDATED)
