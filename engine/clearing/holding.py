"""An order holds money before it meets the book, and lets go of it as it trades or ends."""

from __future__ import annotations

from engine.clearing.layout import (
    BASE_ASSET,
    BUY_LOTS,
    BUYS,
    HELD,
    INSUFFICIENT,
    LOT,
    MARK,
    MONEY,
    MOST_LOTS,
    NEEDED,
    SELL_LOTS,
    SELLS,
    SETTLE_ASSET,
    SPOT,
    TAKER,
    TOO_LEVERED,
    USED,
    WIDE,
)
from engine.clearing.money import rated_up
from engine.clearing.tables import (
    add,
    count_needed,
    leverage_of,
    lots_of,
    row_of,
    settled_in,
    wallet_of,
)
from engine.clearing.worth import (
    exposure,
    free,
    leverage_at,
    needed,
    sign,
    value,
    withdrawable,
)
from engine.matching.codes import BUY
from engine.matching.layout import ACCOUNT, ASKED, CONTRACT, HELD_LOTS, HELD_PRICE, META
from engine.matching.memory import compiled, inlined, load, store
from engine.matching.registry import REDUCES
from engine.matching.telling import side_of


@compiled
def admit(state: int, book: int, order: int, price: int, lots: int) -> int:
    """Hold what an order needs at its worst price, or say why not; one that reduces holds none."""
    store(state, order + HELD_LOTS, 0)
    if load(state, order + META) & REDUCES != 0:
        return ASKED
    if lots > load(state, book + MOST_LOTS):
        return WIDE
    if load(state, book + CONTRACT) == SPOT:
        return admit_spot(state, book, order, price, lots)
    return admit_margin(state, book, order, price, lots)


@inlined
def bound(state: int, book: int, side: int, price: int, lots: int) -> int:
    """What a spot order holds: of base, or of the settle asset with the taker's fee."""
    if side != BUY:
        return lots * load(state, book + LOT)
    worth = value(state, book, price, lots)
    return worth + rated_up(worth, load(state, book + TAKER))


@inlined
def spot_wallet(state: int, book: int, order: int) -> int:
    """The wallet that a spot order gives from."""
    buys = side_of(load(state, order + META)) == BUY
    asset = load(state, book + SETTLE_ASSET) if buys else load(state, book + BASE_ASSET)
    return wallet_of(state, load(state, order + ACCOUNT), asset)


@compiled
def admit_spot(state: int, book: int, order: int, price: int, lots: int) -> int:
    """Put aside what an order gives."""
    side, wallet = side_of(load(state, order + META)), spot_wallet(state, book, order)
    amount = bound(state, book, side, price, lots)
    if amount > withdrawable(state, wallet):
        return INSUFFICIENT
    put_aside(state, book, order, wallet, price, lots, amount)
    return ASKED


@inlined
def put_aside(
    state: int, book: int, order: int, wallet: int, price: int, lots: int, amount: int
) -> None:
    """Move money from a wallet to what is held of it."""
    add(state, wallet + MONEY, -amount)
    add(state, wallet + HELD, amount)
    store(state, order + HELD_PRICE, price)
    store(state, order + HELD_LOTS, lots)


@inlined
def count_order(state: int, row: int, side: int, worth: int, lots: int) -> None:
    """Count the value and the lots of an order."""
    values = row + (BUYS if side == BUY else SELLS)
    counted = row + (BUY_LOTS if side == BUY else SELL_LOTS)
    store(state, values, load(state, values) + worth)
    store(state, counted, load(state, counted) + lots)


@compiled
def admit_margin(state: int, book: int, order: int, price: int, lots: int) -> int:
    """Count an order towards the margin of its account."""
    account, side = load(state, order + ACCOUNT), side_of(load(state, order + META))
    row, wallet = row_of(state, book, account), settled_in(state, book, account)
    held, worth = lots_of(state, book, account), value(state, book, price, lots)
    before = exposure(state, row, held)
    count_order(state, row, side, worth, lots)
    why = margin_refusal(state, book, row, wallet, held, side, before)
    now = needed(state, book, row, held)
    if why == ASKED:
        more = now - load(state, row + NEEDED) + open_loss(state, book, side, worth, lots)
        if more > 0 and more > free(state, wallet):
            why = INSUFFICIENT
    if why != ASKED:
        count_order(state, row, side, -worth, -lots)
        return why
    add(state, wallet + USED, now - load(state, row + NEEDED))
    store(state, row + NEEDED, now)
    store(state, order + HELD_PRICE, price)
    store(state, order + HELD_LOTS, lots)
    return ASKED


@inlined
def margin_refusal(
    state: int, book: int, row: int, wallet: int, held: int, side: int, before: int
) -> int:
    """What but money refuses an order that has been counted."""
    after, most = exposure(state, row, held), load(state, book + MOST_LOTS)
    if side == BUY:
        lots = held + load(state, row + BUY_LOTS)
    else:
        lots = load(state, row + SELL_LOTS) - held
    if lots > most:
        return WIDE
    if after > before and leverage_of(state, row) > leverage_at(state, book, after):
        return TOO_LEVERED
    return ASKED


@inlined
def open_loss(state: int, book: int, side: int, worth: int, lots: int) -> int:
    """What an order would have lost at once, were it filled at its price."""
    at_mark = value(state, book, load(state, book + MARK), lots)
    return max(0, sign(state, book, side) * (worth - at_mark))


@inlined
def loosen(state: int, book: int, order: int, lots: int) -> None:
    """Let go of so many lots of an order, if money is held for them; the row is not reckoned."""
    have = load(state, order + HELD_LOTS)
    lots = min(lots, have)
    if lots == 0:
        return
    store(state, order + HELD_LOTS, have - lots)
    side, price = side_of(load(state, order + META)), load(state, order + HELD_PRICE)
    if load(state, book + CONTRACT) == SPOT:
        freed = bound(state, book, side, price, have) - bound(state, book, side, price, have - lots)
        wallet = spot_wallet(state, book, order)
        add(state, wallet + MONEY, freed)
        add(state, wallet + HELD, -freed)
        return
    worth = value(state, book, price, have) - value(state, book, price, have - lots)
    row = row_of(state, book, load(state, order + ACCOUNT))
    count_order(state, row, side, -worth, -lots)


@compiled
def let_go(state: int, book: int, order: int, lots: int) -> int:
    """As loosen, and the account needs that much less."""
    loosen(state, book, order, lots)
    if load(state, book + CONTRACT) != SPOT:
        account = load(state, order + ACCOUNT)
        row, wallet = row_of(state, book, account), settled_in(state, book, account)
        count_needed(state, book, row, wallet, lots_of(state, book, account))
    return ASKED


@compiled
def hold_again(state: int, book: int, order: int, price: int, lots: int) -> int:
    """Hold for an order as it would be; where that is refused, as it was."""
    old_price, old_lots = load(state, order + HELD_PRICE), load(state, order + HELD_LOTS)
    let_go(state, book, order, old_lots)
    why = admit(state, book, order, price, lots)
    if why != ASKED:
        restore(state, book, order, old_price, old_lots)
    return why


@compiled
def restore(state: int, book: int, order: int, price: int, lots: int) -> int:
    """Hold for an order what it held before, unasked."""
    side = side_of(load(state, order + META))
    if load(state, book + CONTRACT) == SPOT:
        amount = bound(state, book, side, price, lots)
        wallet = spot_wallet(state, book, order)
        put_aside(state, book, order, wallet, price, lots, amount)
        return ASKED
    account = load(state, order + ACCOUNT)
    row, wallet = row_of(state, book, account), settled_in(state, book, account)
    count_order(state, row, side, value(state, book, price, lots), lots)
    store(state, order + HELD_PRICE, price)
    store(state, order + HELD_LOTS, lots)
    count_needed(state, book, row, wallet, lots_of(state, book, account))
    return ASKED
