"""The one entry point: what the matching code asks for while it carries out a command."""

from __future__ import annotations

from engine.clearing.holding import admit, hold_again, let_go
from engine.clearing.layout import (
    DEPOSIT,
    FUNDING,
    MAKER,
    SET_LEVERAGE,
    SET_MARK,
    SET_MODE,
    SPOT,
    TAKER,
    WITHDRAWAL,
)
from engine.clearing.liquidating import next_step
from engine.clearing.marking import funding, set_mark
from engine.clearing.paying import deposit, set_leverage, set_mode, withdrawal
from engine.clearing.settling import settle_both
from engine.clearing.tables import reckon
from engine.matching.layout import (
    ACCOUNTS,
    ADMIT,
    ASKED,
    BAD,
    CLEAR,
    CONTRACT,
    HOLD_AGAIN,
    LET_GO,
    NEXT,
    SETTLE,
    SETTLE_CROSSED,
    SYMBOLS,
)
from engine.matching.memory import compiled, load
from engine.matching.placing import book_of
from engine.matching.telling import say_rejected


def asked(state: int, what: int, book: int, one: int, two: int, three: int, four: int) -> int:
    """Do what of engine.matching.layout's list is asked for; gives a Why, or what comes next.

    ADMIT, HOLD_AGAIN: order, price, lots. LET_GO: order, lots. SETTLE: taker, maker, price,
    quantity; SETTLE_CROSSED: both pay as takers. CLEAR: command.
    """
    if what == SETTLE:
        return settle_both(state, book, one, two, three, four, MAKER)
    if what == ADMIT:
        return admit(state, book, one, two, three)
    if what == LET_GO:
        return let_go(state, book, one, two)
    return asked_rarely(state, what, book, one, two, three, four)


@compiled
def asked_rarely(
    state: int, what: int, book: int, one: int, two: int, three: int, four: int
) -> int:
    """As asked, of what is asked less often."""
    if what == SETTLE_CROSSED:
        return settle_both(state, book, one, two, three, four, TAKER)
    if what == HOLD_AGAIN:
        return hold_again(state, book, one, two, three)
    if what == CLEAR:
        return cleared(state, one)
    if what == NEXT:
        return next_step(state)
    return reckon_all(state)


@compiled
def cleared(state: int, command: int) -> int:
    """Carry out a command about money, or tell why not."""
    op, why = load(command, 0) & 255, BAD
    if op == DEPOSIT:
        why = deposit(state, command)
    elif op == WITHDRAWAL:
        why = withdrawal(state, command)
    elif op == SET_LEVERAGE:
        why = set_leverage(state, command)
    elif op == SET_MODE:
        why = set_mode(state, command)
    elif op == SET_MARK:
        why = set_mark(state, command)
    elif op == FUNDING:
        why = funding(state, command)
    if why != ASKED:
        say_rejected(state, command, why)
    return why


@compiled
def reckon_all(state: int) -> int:
    """Let every wallet count every row anew."""
    for symbol in range(load(state, SYMBOLS)):
        book = book_of(state, symbol)
        if load(state, book + CONTRACT) != SPOT:
            for account in range(1, load(state, ACCOUNTS)):
                reckon(state, book, account)
    return ASKED
