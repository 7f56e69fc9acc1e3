"""Rows, wallets and funds by address; sums that are watched; events about money."""

from __future__ import annotations

from engine.clearing.codes import WALLET_WIDTH
from engine.clearing.layout import (
    ASSETS,
    COST,
    FUND_SHIFT,
    FUNDS,
    GAIN,
    ISOLATED,
    KEEP,
    LEVERAGE,
    MAINTENANCE,
    MODE,
    NEEDED,
    RESULT,
    ROW_SHIFT,
    ROWS,
    SETTLE_ASSET,
    USED,
    WALLET_SHIFT,
    WALLETS,
)
from engine.clearing.worth import maintenance, marked, needed
from engine.matching.layout import BOOK, BOOKS, FAULT, POSITIONS
from engine.matching.memory import compiled, inlined, load, store
from engine.matching.telling import begin, finish


@inlined
def row_of(state: int, book: int, account: int) -> int:
    """Where an account's row of a symbol lies."""
    return load(state, book + ROWS) + (account << ROW_SHIFT)


@inlined
def wallet_of(state: int, account: int, asset: int) -> int:
    """Where an account's wallet of an asset lies."""
    return load(state, WALLETS) + ((account * load(state, ASSETS) + asset) << WALLET_SHIFT)


@inlined
def fund_of(state: int, asset: int) -> int:
    """Where the fund and the house of an asset lie."""
    return load(state, FUNDS) + (asset << FUND_SHIFT)


@inlined
def settled_in(state: int, book: int, account: int) -> int:
    """The wallet that an account pays from in a symbol."""
    return wallet_of(state, account, load(state, book + SETTLE_ASSET))


@inlined
def lots_of(state: int, book: int, account: int) -> int:
    """An account's position."""
    return load(state, load(state, book + POSITIONS) + account)


@inlined
def number_of_book(state: int, book: int) -> int:
    """The symbol of a book."""
    return (book - load(state, BOOKS)) // BOOK


@inlined
def leverage_of(state: int, row: int) -> int:
    """The leverage of a row; 0 stands for 1."""
    return max(1, load(state, row + LEVERAGE))


@inlined
def add(state: int, word: int, amount: int) -> None:
    """Add to a sum of money; one that gets too wide stops the engine."""
    total = load(state, word) + amount
    store(state, word, total)
    if total > WALLET_WIDTH or total < -WALLET_WIDTH:
        store(state, FAULT, 1)


@inlined
def count_needed(state: int, book: int, row: int, wallet: int, lots: int) -> None:
    """Let the wallet count what the row needs now."""
    now = needed(state, book, row, lots)
    add(state, wallet + USED, now - load(state, row + NEEDED))
    store(state, row + NEEDED, now)


@compiled
def reckon(state: int, book: int, account: int) -> None:
    """Let the wallet count all that the row is now."""
    row, wallet = row_of(state, book, account), settled_in(state, book, account)
    lots = lots_of(state, book, account)
    count_needed(state, book, row, wallet, lots)
    result, keep = 0, 0
    if lots != 0:
        worth = marked(state, book, lots)
        result = worth - load(state, row + COST)
        keep = maintenance(state, book, abs(worth))
    if load(state, row + MODE) != ISOLATED:
        add(state, wallet + GAIN, result - load(state, row + RESULT))
        add(state, wallet + KEEP, keep - load(state, row + MAINTENANCE))
    store(state, row + RESULT, result)
    store(state, row + MAINTENANCE, keep)


@compiled
def note(
    state: int, what: int, symbol: int, account: int, price: int, quantity: int, more: int
) -> None:
    """Tell of an account; more: flags | side << 8, as they are in the event's head."""
    event = begin(state, what | more << 8 | symbol << 32, 0, 0)
    finish(event, price, quantity, account, 0)
