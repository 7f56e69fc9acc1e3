"""The memory of money: blank, and its words out and in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.clearing.contract import MAX_TIERS, Contract, Kind, Terms
from engine.clearing.layout import (
    ASSETS,
    BASE_ASSET,
    BUY_LOTS,
    BUYS,
    COST,
    FUND_SHIFT,
    FUNDED,
    FUNDS,
    HELD,
    INTERVAL,
    LEVERAGE,
    LIQUIDATION_FEE,
    LIQUIDATIONS,
    LOT,
    MAINTENANCE,
    MAKER,
    MARGIN,
    MARK,
    MODE,
    MONEY,
    MOST_LOTS,
    NEEDED,
    RESULT,
    ROW_SHIFT,
    ROWS,
    SETTLE_ASSET,
    TAKER,
    TIER,
    TIER_COUNT,
    TIERS,
    UNIT,
    WALLET_SHIFT,
    WALLETS,
)
from engine.clearing.words import FUND_WORDS, contract_words, tables, terms_of
from engine.matching.codes import REDUCE_ONLY
from engine.matching.instrument import Instrument, TooWide
from engine.matching.layout import (
    ACCOUNTS,
    BOOK,
    BOOKS,
    CONTRACT,
    HEADER,
    HELD_LOTS,
    HELD_PRICE,
    OPENED,
    ORDER,
    POSITIONS,
    SYMBOLS,
)
from engine.matching.state import instrument_of
from engine.matching.words import ORDER_WORDS, SYMBOL_WORDS

Words = NDArray[np.int64]
_TIER_WORDS = TIER * MAX_TIERS


class Wallet(NamedTuple):
    """An account's money of one asset. used: what its contracts need; gain, keep: unrealised
    result and maintenance of its cross positions."""

    money: int
    held: int
    used: int
    gain: int
    keep: int


class Row(NamedTuple):
    """An account in a symbol. cost: signed as the position is; margin: of an isolated one.

    needed: initial margin with its orders; result, keep: unrealised, and maintenance, at the mark.
    """

    lots: int
    cost: int
    margin: int
    leverage: int
    mode: int
    needed: int
    result: int
    keep: int


def room(terms: Terms, accounts: int) -> int:
    """Words that the money takes; TooWide where they are too many."""
    if not 1 <= terms.assets <= (1 << 24) // accounts:
        raise TooWide(f"{accounts} accounts in {terms.assets} assets: at most {1 << 24} in all")
    symbol = (accounts << ROW_SHIFT) + _TIER_WORDS
    return _wallets(terms, accounts) + len(terms.contracts) * symbol


def _wallets(terms: Terms, accounts: int) -> int:
    """Words of wallets and funds, whole lines of the cache."""
    return (accounts * terms.assets << WALLET_SHIFT) + (terms.assets + 1 << FUND_SHIFT) // 8 * 8


def furnish(state: Words, instruments: Sequence[Instrument], terms: Terms) -> None:
    """Lay out the money in the last words of a blank state."""
    terms.checked(instruments)
    accounts = int(state[ACCOUNTS])
    start = len(state) - room(terms, accounts)
    state[WALLETS], state[ASSETS] = start, terms.assets
    state[FUNDS] = start + (accounts * terms.assets << WALLET_SHIFT)
    start += _wallets(terms, accounts)
    for book, contract, instrument in zip(books(state), terms.contracts, instruments, strict=True):
        state[book + ROWS], state[book + TIERS] = start, start + (accounts << ROW_SHIFT)
        _write(state, book, contract, instrument)
        start += (accounts << ROW_SHIFT) + _TIER_WORDS


def books(state: Words) -> Iterator[int]:
    """Where each symbol's book lies."""
    for symbol in range(int(state[SYMBOLS])):
        yield int(state[BOOKS]) + symbol * BOOK


def _write(state: Words, book: int, contract: Contract, instrument: Instrument) -> None:
    about = {
        CONTRACT: contract.kind,
        SETTLE_ASSET: contract.settle,
        UNIT: contract.unit,
        BASE_ASSET: contract.base,
        LOT: contract.lot,
        MAKER: contract.maker,
        TAKER: contract.taker,
        LIQUIDATION_FEE: contract.liquidation,
        INTERVAL: contract.interval,
        MARK: instrument.reference,
        MOST_LOTS: contract.most_lots(instrument),
        TIER_COUNT: len(contract.tiers),
    }
    for word, number in about.items():
        state[book + word] = number
    at = int(state[book + TIERS])
    for tier, amount in zip(contract.tiers, contract.amounts(), strict=False):
        state[at : at + TIER] = tier.cap, tier.rate, amount, tier.leverage
        at += TIER


def dump(state: Words, terms: Terms) -> list[int]:
    """The words of the money, to follow those of the matching engine."""
    out = [terms.assets, int(state[LIQUIDATIONS])]
    funds = int(state[FUNDS])
    for asset in range(terms.assets):
        at = funds + (asset << FUND_SHIFT)
        out += state[at : at + FUND_WORDS].tolist()
    for book, contract in zip(books(state), terms.contracts, strict=True):
        out += [*contract_words(contract), int(state[book + MARK]), int(state[book + FUNDED])]
    for table in (list(wallets_of(state)), list(_rows_of(state))):
        out += [len(table), *(word for row in table for word in row)]
    return out


def wallets_of(state: Words) -> Iterator[tuple[int, ...]]:
    """(account, asset, money, held) of each wallet that is not empty."""
    start, end, assets = int(state[WALLETS]), int(state[FUNDS]), int(state[ASSETS])
    table = state[start:end].reshape(-1, 1 << WALLET_SHIFT)[:, [MONEY, HELD]]
    for number in np.flatnonzero(table.any(axis=1)).tolist():
        yield (*divmod(number, assets), *table[number].tolist())


def wallet_at(state: Words, account: int, asset: int) -> Wallet:
    """The wallet of an account."""
    at = int(state[WALLETS]) + (account * int(state[ASSETS]) + asset << WALLET_SHIFT)
    return Wallet(*state[at : at + len(Wallet._fields)].tolist())


def row_at(state: Words, account: int, symbol: int) -> Row:
    """The row of an account."""
    book = int(state[BOOKS]) + symbol * BOOK
    at = int(state[book + ROWS]) + (account << ROW_SHIFT)
    row = state[at : at + (1 << ROW_SHIFT)].tolist()
    lots = int(state[int(state[book + POSITIONS]) + account])
    told = row[COST], row[MARGIN], max(1, row[LEVERAGE]), row[MODE]
    return Row(lots, *told, row[NEEDED], row[RESULT], row[MAINTENANCE])


def _rows_of(state: Words) -> Iterator[tuple[int, ...]]:
    accounts = int(state[ACCOUNTS])
    for symbol, book in enumerate(books(state)):
        start = int(state[book + ROWS])
        table = state[start : start + (accounts << ROW_SHIFT)].reshape(-1, 1 << ROW_SHIFT)
        table = table[:, [COST, MARGIN, LEVERAGE, MODE]]
        table[:, 2] = np.maximum(table[:, 2], 1)
        blank = (table == (0, 0, 1, 0)).all(axis=1)
        for account in np.flatnonzero(~blank).tolist():
            yield (symbol, account, *table[account].tolist())


def fill(state: Words, words: Sequence[int], parts: Sequence[Sequence[int]]) -> None:
    """Furnish a state with the money of these words; parts: each symbol's matching words."""
    terms, marks, at = terms_of(words, len(parts))
    furnish(state, [instrument_of(part) for part in parts], terms)
    state[LIQUIDATIONS] = words[1]
    for asset in range(terms.assets):
        fund, start = int(state[FUNDS]) + (asset << FUND_SHIFT), 2 + FUND_WORDS * asset
        state[fund : fund + FUND_WORDS] = words[start : start + FUND_WORDS]
    for book, mark in zip(books(state), marks, strict=True):
        state[book + MARK], state[book + FUNDED] = mark
    _fill_tables(state, words[at:])
    _hold(state, terms, parts)
    _count_positions(state, terms)


def _fill_tables(state: Words, words: Sequence[int]) -> None:
    wallets, rows = tables(words)
    for account, asset, money, held in wallets:
        at = int(state[WALLETS]) + (account * int(state[ASSETS]) + asset << WALLET_SHIFT)
        state[at + MONEY], state[at + HELD] = money, held
    for symbol, account, cost, margin, leverage, mode in rows:
        at = int(state[int(state[BOOKS]) + symbol * BOOK + ROWS]) + (account << ROW_SHIFT)
        state[[at + COST, at + MARGIN, at + LEVERAGE, at + MODE]] = cost, margin, leverage, mode


def _hold(state: Words, terms: Terms, parts: Sequence[Sequence[int]]) -> None:
    """What resting orders hold; their slots were taken in the order of the words."""
    slot = 1
    for book, contract, part in zip(books(state), terms.contracts, parts, strict=True):
        counts, at = part[7:SYMBOL_WORDS], SYMBOL_WORDS
        for number in range(sum(counts)):
            order = HEADER + slot * ORDER
            words = part[at : at + ORDER_WORDS]
            rests = number < counts[0] + counts[1]
            if rests and not (words[2] >> 16) & REDUCE_ONLY:
                _hold_for(state, book, contract, order, words)
            slot, at = slot + 1, at + ORDER_WORDS


def _hold_for(
    state: Words, book: int, contract: Contract, order: int, words: Sequence[int]
) -> None:
    _, account, meta, price, _, shown, hidden = words[:7]
    lots, side = shown + hidden, meta & 255
    state[order + HELD_PRICE], state[order + HELD_LOTS] = price, lots
    if contract.kind is not Kind.SPOT:
        inverse = contract.kind is Kind.INVERSE
        worth = lots * contract.unit // price if inverse else lots * contract.unit * price
        row = int(state[book + ROWS]) + (account << ROW_SHIFT)
        state[row + BUYS + side] += worth
        state[row + BUY_LOTS + side] += lots


def _count_positions(state: Words, terms: Terms) -> None:
    accounts = int(state[ACCOUNTS])
    for book, contract in zip(books(state), terms.contracts, strict=True):
        if contract.kind is not Kind.SPOT:
            start = int(state[book + POSITIONS])
            state[OPENED] += np.count_nonzero(state[start : start + accounts])
