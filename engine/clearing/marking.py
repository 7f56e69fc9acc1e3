"""The mark price, and funding between those who are long and short at it."""

from __future__ import annotations

from engine.clearing.codes import RATE
from engine.clearing.layout import (
    AT,
    EARLY,
    FUND,
    FUNDED,
    INTERVAL,
    ISOLATED,
    LOOK,
    MARGIN,
    MARK,
    MODE,
    MONEY,
    SAID_FUNDING,
    SAID_MARK,
    SETTLE_ASSET,
    STAGE,
)
from engine.clearing.money import rated_up, share
from engine.clearing.paying import contract_of
from engine.clearing.tables import (
    add,
    fund_of,
    lots_of,
    note,
    number_of_book,
    reckon,
    row_of,
    settled_in,
)
from engine.clearing.worth import marked
from engine.matching.layout import ACCOUNTS, ASKED, BAD, LOWEST, WATCHED, WIDTH
from engine.matching.memory import compiled, load, store


@compiled
def watch(state: int, book: int) -> None:
    """Let the accounts of a symbol be looked at once the command is carried out."""
    store(state, WATCHED, number_of_book(state, book) + 1)
    store(state, AT, 1)
    store(state, STAGE, LOOK)


@compiled
def set_mark(state: int, command: int) -> int:
    """Carry out a MARK."""
    book, price = contract_of(state, command), load(command, 3)
    if book == 0:
        return BAD
    lowest = load(state, book + LOWEST)
    if price < lowest or price >= lowest + load(state, book + WIDTH):
        return BAD
    store(state, book + MARK, price)
    note(state, SAID_MARK, number_of_book(state, book), 0, price, 0, 0)
    for account in range(1, load(state, ACCOUNTS)):
        if lots_of(state, book, account) != 0:
            reckon(state, book, account)
    watch(state, book)
    return ASKED


@compiled
def funding(state: int, command: int) -> int:
    """Carry out a FUNDING."""
    book, rate, time = contract_of(state, command), load(command, 4), load(command, 5)
    if book == 0 or load(state, book + INTERVAL) == 0:
        return BAD
    if rate > RATE or rate < -RATE or time <= 0:
        return BAD
    if time % load(state, book + INTERVAL) != 0 or time <= load(state, book + FUNDED):
        return EARLY
    store(state, book + FUNDED, time)
    fund(state, book, rate)
    watch(state, book)
    return ASKED


@compiled
def fund(state: int, book: int, rate: int) -> None:
    """What those on one side pay, rounded up, is shared among the others by lots; the fund has
    what is left."""
    payers, pot, getting = 1 if rate > 0 else -1, 0, 0
    for account in range(1, load(state, ACCOUNTS)):
        lots = lots_of(state, book, account) * payers
        if rate != 0 and lots > 0:
            pot += collected(state, book, account, abs(rate))
        if lots < 0:
            getting -= lots
    left = pot
    for account in range(1, load(state, ACCOUNTS)):
        lots = lots_of(state, book, account) * payers
        if rate != 0 and lots < 0:
            part = share(pot, -lots, getting)
            pay(state, book, account, part)
            left -= part
    add(state, fund_of(state, load(state, book + SETTLE_ASSET)) + FUND, left)
    symbol = number_of_book(state, book)
    note(state, SAID_FUNDING, symbol, 0, load(state, book + MARK), left, 0)


@compiled
def collected(state: int, book: int, account: int, rate: int) -> int:
    """Take funding of an account; of an isolated position no more than its margin."""
    row = row_of(state, book, account)
    owed = rated_up(abs(marked(state, book, lots_of(state, book, account))), rate)
    if load(state, row + MODE) == ISOLATED:
        owed = min(owed, load(state, row + MARGIN))
    pay(state, book, account, -owed)
    return owed


@compiled
def pay(state: int, book: int, account: int, amount: int) -> None:
    """Give funding to an account, or take it."""
    row = row_of(state, book, account)
    if load(state, row + MODE) == ISOLATED:
        add(state, row + MARGIN, amount)
    else:
        add(state, settled_in(state, book, account) + MONEY, amount)
    symbol, mark = number_of_book(state, book), load(state, book + MARK)
    note(state, SAID_FUNDING, symbol, account, mark, amount, 0)
