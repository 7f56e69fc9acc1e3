"""Commands of accounts: money in and out, leverage, margin mode."""

from __future__ import annotations

from engine.clearing.codes import MAX_MONEY
from engine.clearing.layout import (
    ASSETS,
    BUY_LOTS,
    DEPOSITED,
    FUND,
    HAS_POSITION,
    INSUFFICIENT,
    ISOLATED,
    LEVERAGE,
    MODE,
    MONEY,
    NEEDED,
    SAID_BALANCE,
    SAID_LEVERAGE,
    SAID_MODE,
    SELL_LOTS,
    SPOT,
    TIER_LEVERAGE,
    TIERS,
    TOO_LEVERED,
    WIDE,
)
from engine.clearing.tables import (
    add,
    fund_of,
    leverage_of,
    lots_of,
    note,
    reckon,
    row_of,
    settled_in,
    wallet_of,
)
from engine.clearing.worth import exposure, free, leverage_at, needed, withdrawable
from engine.matching.layout import ACCOUNTS, ASKED, BAD, CONTRACT
from engine.matching.market import market_of
from engine.matching.memory import compiled, load, store


@compiled
def asset_of(state: int, command: int) -> int:
    """The asset that money of a command is of, -1 where there is none such, or no such account."""
    asset, account = (load(command, 0) >> 32) & 0xFFFFFFFF, load(command, 2)
    known = asset < load(state, ASSETS) and 0 <= account < load(state, ACCOUNTS)
    return asset if known and load(command, 4) > 0 else -1


@compiled
def deposit(state: int, command: int) -> int:
    """Carry out a DEPOSIT."""
    asset, quantity = asset_of(state, command), load(command, 4)
    if asset < 0:
        return BAD
    if quantity > MAX_MONEY - load(state, fund_of(state, asset) + DEPOSITED):
        return WIDE
    move(state, asset, load(command, 2), quantity)
    return ASKED


@compiled
def withdrawal(state: int, command: int) -> int:
    """Carry out a WITHDRAW."""
    asset, account, quantity = asset_of(state, command), load(command, 2), load(command, 4)
    if asset < 0:
        return BAD
    if account == 0:
        most = load(state, fund_of(state, asset) + FUND)
    else:
        most = withdrawable(state, wallet_of(state, account, asset))
    if quantity > most:
        return INSUFFICIENT
    move(state, asset, account, -quantity)
    return ASKED


@compiled
def move(state: int, asset: int, account: int, amount: int) -> None:
    """Money comes in or goes out; account 0 is the fund."""
    fund = fund_of(state, asset)
    at = fund + FUND if account == 0 else wallet_of(state, account, asset) + MONEY
    add(state, at, amount)
    add(state, fund + DEPOSITED, amount)
    note(state, SAID_BALANCE, asset, account, load(state, at), amount, 0)


@compiled
def contract_of(state: int, command: int) -> int:
    """The book of a contract that a command is about, 0 for none, or for spot."""
    book = market_of(state, command)
    return 0 if book == 0 or load(state, book + CONTRACT) == SPOT else book


@compiled
def margin_book(state: int, command: int) -> int:
    """As contract_of, 0 also where there is no such account."""
    known = 0 < load(command, 2) < load(state, ACCOUNTS)
    return contract_of(state, command) if known else 0


@compiled
def set_leverage(state: int, command: int) -> int:
    """Carry out a LEVERAGE."""
    book, account, leverage = margin_book(state, command), load(command, 2), load(command, 4)
    if book == 0 or leverage < 1:
        return BAD
    if leverage > load(state, load(state, book + TIERS) + TIER_LEVERAGE):
        return BAD
    row, wallet = row_of(state, book, account), settled_in(state, book, account)
    held, before = lots_of(state, book, account), leverage_of(state, row)
    if load(state, row + MODE) == ISOLATED and held != 0 and leverage < before:
        return HAS_POSITION
    open_value = exposure(state, row, held)
    if open_value != 0 and leverage > leverage_at(state, book, open_value):
        return TOO_LEVERED
    store(state, row + LEVERAGE, leverage)
    more = needed(state, book, row, held) - load(state, row + NEEDED)
    if more > 0 and more > free(state, wallet):
        store(state, row + LEVERAGE, before)
        return INSUFFICIENT
    reckon(state, book, account)
    symbol = (load(command, 0) >> 32) & 0xFFFFFFFF
    note(state, SAID_LEVERAGE, symbol, account, 0, leverage, 0)
    return ASKED


@compiled
def set_mode(state: int, command: int) -> int:
    """Carry out a MARGIN_MODE."""
    book, account = margin_book(state, command), load(command, 2)
    mode = (load(command, 0) >> 16) & 255
    if book == 0 or mode > ISOLATED:
        return BAD
    row = row_of(state, book, account)
    orders = load(state, row + BUY_LOTS) + load(state, row + SELL_LOTS)
    if lots_of(state, book, account) != 0 or orders != 0:
        return HAS_POSITION
    store(state, row + MODE, mode)
    symbol = (load(command, 0) >> 32) & 0xFFFFFFFF
    note(state, SAID_MODE, symbol, account, 0, 0, mode)
    return ASKED
