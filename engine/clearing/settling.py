"""A trade of one account: money for goods, or a position that grows, shrinks and turns."""

from __future__ import annotations

from engine.clearing.holding import loosen
from engine.clearing.layout import (
    BASE_ASSET,
    CLOSED_VALUE,
    COST,
    CROSS,
    FUND,
    HOUSE,
    ISOLATED,
    LOT,
    MARGIN,
    MODE,
    MONEY,
    SAID_COVERED,
    SETTLE_ASSET,
    SPOT,
    TAKER,
)
from engine.clearing.money import rated, share
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
from engine.clearing.worth import sign, value
from engine.matching.codes import BUY, SELL
from engine.matching.layout import (
    ACCOUNT,
    ASKED,
    BOOK,
    BOOKS,
    CONTRACT,
    ID,
    LIQUIDATING,
    META,
    OPENED,
    OWN_IDS,
    POSITIONS,
    SYMBOLS,
)
from engine.matching.memory import compiled, inlined, load, store
from engine.matching.telling import side_of


@compiled
def settle_both(
    state: int, book: int, taker: int, maker: int, price: int, quantity: int, maker_pays: int
) -> int:
    """A trade of two orders; maker_pays: the word of the book that has the maker's fee."""
    settle_order(state, book, taker, price, quantity, load(state, book + TAKER))
    settle_order(state, book, maker, price, quantity, load(state, book + maker_pays))
    return ASKED


@compiled
def settle_order(state: int, book: int, order: int, price: int, quantity: int, rate: int) -> None:
    """What a trade does to the account of an order; the engine's own orders pay no trading fee."""
    loosen(state, book, order, quantity)
    account, side = load(state, order + ACCOUNT), side_of(load(state, order + META))
    if load(state, order + ID) >= OWN_IDS:
        rate = 0
    signed = quantity if side == BUY else -quantity
    if load(state, book + CONTRACT) == SPOT:
        exchange(state, book, account, signed, price, rate)
    else:
        settle(state, book, account, signed, price, rate)


@inlined
def charge(state: int, book: int, wallet: int, worth: int, rate: int) -> None:
    """A fee, or a rebate; what is less than a unit stays with the payer."""
    if rate != 0:
        fee = rated(worth, rate) if rate > 0 else -rated(worth, -rate)
        add(state, wallet + MONEY, -fee)
        add(state, fund_of(state, load(state, book + SETTLE_ASSET)) + HOUSE, fee)


@inlined
def exchange(state: int, book: int, account: int, signed: int, price: int, rate: int) -> None:
    """Spot: one asset for the other."""
    wallet, worth = settled_in(state, book, account), value(state, book, price, abs(signed))
    at = load(state, book + POSITIONS) + account
    store(state, at, load(state, at) + signed)
    goods = wallet_of(state, account, load(state, book + BASE_ASSET))
    add(state, goods + MONEY, signed * load(state, book + LOT))
    add(state, wallet + MONEY, -worth if signed > 0 else worth)
    charge(state, book, wallet, worth, rate)


@compiled
def settle(state: int, book: int, account: int, signed: int, price: int, rate: int) -> None:
    """A contract: what closes is realised, what opens adds to the cost."""
    row, wallet = row_of(state, book, account), settled_in(state, book, account)
    held, quantity, closing = lots_of(state, book, account), abs(signed), 0
    direction = sign(state, book, BUY if signed > 0 else SELL)
    worth = value(state, book, price, quantity)
    if (held > 0 and signed < 0) or (held < 0 and signed > 0):
        closed = min(quantity, abs(held))
        closing = worth if closed == quantity else value(state, book, price, closed)
        realise(state, row, wallet, abs(held), closed, direction * closing)
    store(state, row + COST, load(state, row + COST) + direction * (worth - closing))
    move_position(state, book, account, held, held + signed)
    if load(state, LIQUIDATING) == row:
        store(state, CLOSED_VALUE, load(state, CLOSED_VALUE) + worth)
    charge(state, book, wallet, worth, rate)
    if load(state, row + MODE) == ISOLATED:
        back(state, row, wallet, worth - closing)
    reckon(state, book, account)
    if load(state, wallet + MONEY) < 0:
        cover_wallet(state, account, load(state, book + SETTLE_ASSET))


@inlined
def move_position(state: int, book: int, account: int, before: int, after: int) -> None:
    """Keep the lots, and count how many positions there are."""
    store(state, load(state, book + POSITIONS) + account, after)
    if before == 0:
        store(state, OPENED, load(state, OPENED) + 1)
    if after == 0:
        store(state, OPENED, load(state, OPENED) - 1)


@compiled
def realise(state: int, row: int, wallet: int, held: int, closed: int, worth: int) -> None:
    """Close lots of a position for a signed value; their part of the cost towards zero."""
    part = share(load(state, row + COST), closed, held)
    store(state, row + COST, load(state, row + COST) - part)
    result = -(part + worth)
    if load(state, row + MODE) == ISOLATED:
        if load(state, LIQUIDATING) == row:
            add(state, row + MARGIN, result)
            return
        result = freed(state, row, held, closed, result)
    add(state, wallet + MONEY, result)


@compiled
def freed(state: int, row: int, held: int, closed: int, result: int) -> int:
    """What closing lots of an isolated position brings: their margin too, and what is lost comes
    from the margin first."""
    margin = load(state, row + MARGIN)
    part = share(margin, closed, held)
    left = margin - part
    result += part
    if result < 0:
        taken = min(left, -result)
        left -= taken
        result += taken
    store(state, row + MARGIN, left)
    return result


@compiled
def back(state: int, row: int, wallet: int, opened: int) -> None:
    """Margin of what an isolated position opens leaves the wallet, as far as it is there."""
    if opened > 0:
        moved = min(opened // leverage_of(state, row), max(0, load(state, wallet + MONEY)))
        add(state, wallet + MONEY, -moved)
        add(state, row + MARGIN, moved)


@compiled
def crossed(state: int, account: int, asset: int) -> bool:
    """Whether an account has a cross position that an asset backs."""
    for symbol in range(load(state, SYMBOLS)):
        book = load(state, BOOKS) + symbol * BOOK
        if load(state, book + CONTRACT) != SPOT and load(state, book + SETTLE_ASSET) == asset:
            row = row_of(state, book, account)
            if lots_of(state, book, account) != 0 and load(state, row + MODE) == CROSS:
                return True
    return False


@compiled
def cover_wallet(state: int, account: int, asset: int) -> None:
    """Pay what an account owes that has nothing left to pay with."""
    wallet = wallet_of(state, account, asset)
    if not crossed(state, account, asset):
        owed = -load(state, wallet + MONEY)
        store(state, wallet + MONEY, 0)
        cover(state, account, asset, owed)


@compiled
def cover(state: int, account: int, asset: int, owed: int) -> None:
    """The fund pays as far as it goes, then the house."""
    fund = fund_of(state, asset)
    paid = min(owed, load(state, fund + FUND))
    add(state, fund + FUND, -paid)
    add(state, fund + HOUSE, paid - owed)
    note(state, SAID_COVERED, asset, account, owed - paid, paid, 0)
