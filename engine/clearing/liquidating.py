"""Which position is closed, up to which price, and who pays what is missing.

Between commands nothing here is under way: `next_step` is asked again after each order that it
wants withdrawn or placed, until all accounts of the marked symbol have been looked at.
"""

from __future__ import annotations

from engine.clearing.deleveraging import deleverage
from engine.clearing.layout import (
    AT,
    BANKRUPTCY,
    CLOSE,
    CLOSED,
    CLOSED_VALUE,
    CROSS,
    CURSOR,
    FUND,
    GAIN,
    INVERSE,
    ISOLATED,
    KEEP,
    LIQUIDATION_FEE,
    LIQUIDATIONS,
    LOOK_AGAIN,
    MAINTENANCE,
    MARGIN,
    MARK,
    MODE,
    MONEY,
    RESULT,
    SAID_LIQUIDATED,
    SAID_LIQUIDATION,
    SETTLE_ASSET,
    SPOT,
    STAGE,
    TARGET,
    UNIT,
    WITHDRAW,
    WORST,
)
from engine.clearing.money import rated, share
from engine.clearing.settling import cover
from engine.clearing.tables import add, fund_of, lots_of, note, row_of, settled_in
from engine.clearing.worth import value
from engine.matching.codes import BUY, IOC, MAX_QUANTITY, REDUCE_ONLY, SELL
from engine.matching.layout import (
    ACCOUNTS,
    CONTRACT,
    FLAGS_AT,
    HIGH,
    KIND_AT,
    LIMIT,
    LIQUIDATING,
    LOW,
    LOWEST,
    NOTHING,
    OPEN,
    OWN_ACCOUNT,
    OWN_COMMAND,
    OWN_IDS,
    OWN_SYMBOL,
    PHASE,
    PLACE,
    PLACE_ORDER,
    SYMBOLS,
    WATCHED,
    WIDTH,
    WITHDRAW_ORDERS,
)
from engine.matching.memory import compiled, load, store
from engine.matching.placing import book_of
from engine.matching.telling import begin, finish


@compiled
def next_step(state: int) -> int:
    """What the matching engine is to do next: NOTHING, WITHDRAW_ORDERS or PLACE_ORDER."""
    while True:
        if load(state, STAGE) <= LOOK_AGAIN and not found(state):
            store(state, WATCHED, 0)
            return NOTHING
        if load(state, STAGE) == WITHDRAW:
            if next_withdrawn(state):
                return WITHDRAW_ORDERS
            store(state, STAGE, CLOSE)
        if load(state, STAGE) == CLOSE:
            store(state, STAGE, CLOSED)
            if ordered(state):
                return PLACE_ORDER
        finish_liquidation(state)
        store(state, STAGE, LOOK_AGAIN)


@compiled
def found(state: int) -> bool:
    """Begin with the next position that has too little margin; False: there is none."""
    book, account = book_of(state, load(state, WATCHED) - 1), load(state, AT)
    again = load(state, STAGE) == LOOK_AGAIN
    while account < load(state, ACCOUNTS):
        store(state, AT, account)
        if (again or lots_of(state, book, account) != 0) and unsafe(state, book, account):
            target = target_of(state, book, account)
            if target >= 0:
                begin_liquidation(state, target, account)
                return True
        again = False
        account += 1
    return False


@compiled
def unsafe(state: int, book: int, account: int) -> bool:
    """Whether what backs an account's position in a symbol is below its maintenance margin."""
    row = row_of(state, book, account)
    if load(state, row + MODE) == ISOLATED:
        has = lots_of(state, book, account) != 0
        return has and backing(state, book, account) < load(state, row + MAINTENANCE)
    wallet = settled_in(state, book, account)
    return backing(state, book, account) < load(state, wallet + KEEP)


@compiled
def backing(state: int, book: int, account: int) -> int:
    """What a position may lose, together with the others on the same margin."""
    row, wallet = row_of(state, book, account), settled_in(state, book, account)
    if load(state, row + MODE) == ISOLATED:
        return load(state, row + MARGIN) + load(state, row + RESULT)
    return load(state, wallet + MONEY) + load(state, wallet + GAIN)


@compiled
def same_margin(state: int, book: int, other: int, account: int) -> bool:
    """Whether what backs an account in one contract's book backs it in another's."""
    if load(state, row_of(state, book, account) + MODE) == ISOLATED:
        return other == book
    return (
        load(state, other + CONTRACT) != SPOT
        and load(state, other + SETTLE_ASSET) == load(state, book + SETTLE_ASSET)
        and load(state, row_of(state, other, account) + MODE) == CROSS
    )


@compiled
def target_of(state: int, book: int, account: int) -> int:
    """Of the positions on one margin in open markets the symbol that frees most, -1 for none."""
    best, most = -1, -1
    for symbol in range(load(state, SYMBOLS)):
        other = book_of(state, symbol)
        ready = lots_of(state, other, account) != 0 and load(state, other + PHASE) == OPEN
        if ready and same_margin(state, book, other, account):
            keep = load(state, row_of(state, other, account) + MAINTENANCE)
            if keep > most:
                best, most = symbol, keep
    return best


@compiled
def begin_liquidation(state: int, symbol: int, account: int) -> None:
    """Work out at which prices a position's margin, and the fund with it, are used up."""
    book = book_of(state, symbol)
    held, part = lots_of(state, book, account), part_of_backing(state, book, account)
    fund = load(state, fund_of(state, load(state, book + SETTLE_ASSET)) + FUND)
    price = price_leaving(state, book, held, part)
    store(state, BANKRUPTCY, price)
    store(state, WORST, price_leaving(state, book, held, part + fund))
    order_id = OWN_IDS + load(state, LIQUIDATIONS)
    store(state, LIQUIDATIONS, load(state, LIQUIDATIONS) + 1)
    side = SELL if held > 0 else BUY
    event = begin(state, SAID_LIQUIDATION | side << 16 | symbol << 32, order_id, 0)
    finish(event, price, abs(held), account, 0)
    store(state, TARGET, symbol)
    store(state, OWN_ACCOUNT, account)
    store(state, CURSOR, 0)
    store(state, CLOSED_VALUE, 0)
    store(state, LIQUIDATING, row_of(state, book, account))
    store(state, STAGE, WITHDRAW)


@compiled
def part_of_backing(state: int, book: int, account: int) -> int:
    """What of its margin a position may lose: by maintenance, of all positions on that margin."""
    row, wallet = row_of(state, book, account), settled_in(state, book, account)
    whole, keep = backing(state, book, account), load(state, row + MAINTENANCE)
    if load(state, row + MODE) == ISOLATED or load(state, wallet + KEEP) == 0:
        return whole
    return share(whole, keep, load(state, wallet + KEEP))


@compiled
def price_leaving(state: int, book: int, held: int, money: int) -> int:
    """The price at which a position, closed, has lost that much since the mark; in the ladder."""
    lots, mark = abs(held), load(state, book + MARK)
    lowest = load(state, book + LOWEST)
    highest = lowest + load(state, book + WIDTH) - 1
    whole = lots * load(state, book + UNIT)
    if load(state, book + CONTRACT) == INVERSE:
        worth = value(state, book, mark, lots) + (money if held > 0 else -money)
        if worth <= 0:
            return highest
        price = whole // worth
        if held > 0 and price * worth < whole:
            price += 1
    else:
        away = money // whole
        price = mark - away if held > 0 else mark + away
    return min(max(price, lowest), highest)


@compiled
def next_withdrawn(state: int) -> bool:
    """Name the next symbol in which the account's orders are to be withdrawn."""
    account, book = load(state, OWN_ACCOUNT), book_of(state, load(state, TARGET))
    for symbol in range(load(state, CURSOR), load(state, SYMBOLS)):
        if same_margin(state, book, book_of(state, symbol), account):
            store(state, OWN_SYMBOL, symbol)
            store(state, CURSOR, symbol + 1)
            return True
    store(state, CURSOR, 0)
    return False


@compiled
def ordered(state: int) -> bool:
    """Write the order that closes the position; False where its limit is beyond the band."""
    symbol, account, price = load(state, TARGET), load(state, OWN_ACCOUNT), load(state, WORST)
    book = book_of(state, symbol)
    held, lowest = lots_of(state, book, account), load(state, book + LOWEST)
    low, high = lowest + load(state, book + LOW), lowest + load(state, book + HIGH)
    price = max(price, low) if held > 0 else min(price, high)
    if price < low or price > high:
        return False
    side, flags = SELL if held > 0 else BUY, IOC | REDUCE_ONLY
    meta = side | LIMIT << KIND_AT | flags << FLAGS_AT | symbol << 24
    store(state, OWN_COMMAND, PLACE | meta << 8)
    store(state, OWN_COMMAND + 1, OWN_IDS + load(state, LIQUIDATIONS) - 1)
    store(state, OWN_COMMAND + 2, account)
    store(state, OWN_COMMAND + 3, price)
    store(state, OWN_COMMAND + 4, min(abs(held), MAX_QUANTITY))
    for word in range(5, 8):
        store(state, OWN_COMMAND + word, 0)
    return True


@compiled
def finish_liquidation(state: int) -> None:
    """Deleverage what is left, take the fee out of what is left of the margin."""
    symbol, account = load(state, TARGET), load(state, OWN_ACCOUNT)
    book = book_of(state, symbol)
    while lots_of(state, book, account) != 0:
        deleverage(state, book, account, load(state, BANKRUPTCY))
    store(state, LIQUIDATING, 0)
    fee = rated(load(state, CLOSED_VALUE), load(state, book + LIQUIDATION_FEE))
    fee = taken_fee(state, book, account, fee)
    add(state, fund_of(state, load(state, book + SETTLE_ASSET)) + FUND, fee)
    note(state, SAID_LIQUIDATED, symbol, account, 0, fee, 0)


@compiled
def taken_fee(state: int, book: int, account: int, fee: int) -> int:
    """Take the fee as far as there is money; what an isolated position owes, the fund pays."""
    row, wallet = row_of(state, book, account), settled_in(state, book, account)
    money = load(state, wallet + MONEY)
    if load(state, row + MODE) == CROSS:
        fee = min(fee, max(0, min(money, money + load(state, wallet + GAIN))))
        add(state, wallet + MONEY, -fee)
        return fee
    left = load(state, row + MARGIN)
    store(state, row + MARGIN, 0)
    fee = min(fee, max(0, left))
    add(state, wallet + MONEY, max(0, left) - fee)
    if left < 0:
        cover(state, account, load(state, book + SETTLE_ASSET), -left)
    return fee
