"""An order meets the other side of the book: trades, positions, and what keeps them from it."""

from __future__ import annotations

from engine.matching.codes import (
    BUY,
    CANCEL_BOTH,
    CANCEL_NEWEST,
    CANCEL_OLDEST,
    MAKER_DONE,
    PREVENTION,
    TAKER_DONE,
    UNCROSSED,
)
from engine.matching.ladder import (
    emptied,
    join,
    leave,
    level_of,
    order_of,
    queue_of,
)
from engine.matching.layout import (
    ACCOUNT,
    ASKED,
    BEST,
    FINAL,
    FIRST,
    FLAGS_AT,
    HELD_LOTS,
    HIDDEN,
    HOOK,
    ICEBERG,
    INDEX,
    LET_GO,
    LINKS,
    LOWEST,
    META,
    NOT_REDUCING,
    PEAK,
    POSITIONS,
    REFRESHED,
    SELF_TRADE,
    SETTLE,
    SETTLE_CROSSED,
    SHOWN,
)
from engine.matching.memory import call, compiled, inlined, load, load_half, store, store_half
from engine.matching.registry import REDUCES, forget
from engine.matching.stops import unlisted
from engine.matching.telling import (
    asleep,
    number_of,
    open_of,
    prevention,
    price_of,
    queue_in,
    say,
    say_cancelled,
    say_trade,
    side_of,
)

CAREFUL = REDUCES | PREVENTION << FLAGS_AT
"""A taker whose every maker must be looked at."""
SPECIAL = REDUCES | ICEBERG
"""A maker that is more than a quantity."""


@inlined
def ask(state: int, what: int, book: int, one: int, two: int, three: int, four: int) -> int:
    """Ask engine.clearing; there must be a HOOK."""
    return call(load(state, HOOK), state, what, book, one, two, three, four)


@inlined
def let_go(state: int, book: int, order: int) -> None:
    """Let go of what money is held for an order."""
    if load(state, HOOK) != 0 and load(state, order + HELD_LOTS) != 0:
        ask(state, LET_GO, book, order, load(state, order + HELD_LOTS), 0, 0)


@compiled
def match(state: int, book: int, taker: int, limit: int) -> bool:
    """Trade while there is something to take up to a limit; False: the taker was cancelled."""
    meta = load(state, taker + META)
    side = side_of(meta)
    against = queue_of(book, 1 - side)
    careful = (meta & CAREFUL) != 0 and load(state, taker + ACCOUNT) != 0
    store(state, FIRST, 0)
    store(state, FINAL, 0)
    while load(state, taker + SHOWN) > 0:
        best = load(state, against + BEST)
        if (best > limit) if side == BUY else (best < limit):
            break
        head = order_of(load_half(state, 2 * level_of(state, against, best)))
        if not careful and load(state, head + META) & SPECIAL == 0:
            sweep(state, book, against, taker, best)
        elif not meet(state, book, taker, head):
            return False
    return True


@inlined
def printed(state: int, price: int) -> None:
    """Note the price of a trade for the stops."""
    if load(state, FIRST) == 0:
        store(state, FIRST, price)
    store(state, FINAL, price)


@compiled
def sweep(state: int, book: int, against: int, taker: int, index: int) -> None:
    """Trade along one price, while its orders are plain."""
    level = level_of(state, against, index)
    price = index + load(state, book + LOWEST)
    slot = load_half(state, 2 * level)
    want, volume = load(state, taker + SHOWN), load(state, level + 1)
    while slot != 0 and want > 0:
        maker = order_of(slot)
        if load(state, maker + META) & SPECIAL != 0:
            break
        have = load(state, maker + SHOWN)
        quantity = min(have, want)
        want -= quantity
        volume -= quantity
        flags = (TAKER_DONE if want == 0 else 0) | (MAKER_DONE if quantity == have else 0)
        say_trade(state, taker, maker, price, quantity, flags)
        hold_both(state, book, taker, maker, price, quantity, SETTLE)
        if quantity != have:
            store(state, maker + SHOWN, have - quantity)
        else:
            slot = load_half(state, 2 * (maker + LINKS) + 1)
            forget(state, maker)
    store(state, taker + SHOWN, want)
    store(state, level + 1, volume)
    printed(state, price)
    swept(state, book, against, level, index, slot)


@inlined
def swept(state: int, book: int, against: int, level: int, index: int, slot: int) -> None:
    """The first of the orders that are left at a price, if any are."""
    store_half(state, 2 * level, slot)
    if slot != 0:
        store_half(state, 2 * (order_of(slot) + LINKS), 0)
    else:
        store_half(state, 2 * level + 1, 0)
        emptied(state, against, against != queue_of(book, 0), index)


@inlined
def hold_both(
    state: int, book: int, taker: int, maker: int, price: int, quantity: int, settling: int
) -> None:
    """What a trade does to its two accounts; nobody's position is not kept."""
    if load(state, taker + ACCOUNT) | load(state, maker + ACCOUNT) != 0:
        if load(state, HOOK) != 0:
            ask(state, settling, book, taker, maker, price, quantity)
            return
        hold(state, book, taker, quantity)
        hold(state, book, maker, quantity)


@compiled
def hold(state: int, book: int, order: int, quantity: int) -> None:
    """What a trade does to the position of an order's account."""
    account = load(state, order + ACCOUNT)
    if account != 0:
        at = load(state, book + POSITIONS) + account
        signed = quantity if side_of(load(state, order + META)) == BUY else -quantity
        store(state, at, load(state, at) + signed)


@compiled
def reducible(state: int, book: int, order: int) -> int:
    """How much of its account's position an order could take off."""
    held = load(state, load(state, book + POSITIONS) + load(state, order + ACCOUNT))
    return max(0, -held if side_of(load(state, order + META)) == BUY else held)


@compiled
def spent(state: int, book: int, order: int, other: int) -> bool:
    """Whether an order may only reduce, and a trade with the other would not.

    Were it let to trade with its own account, no trade would bring its end nearer.
    """
    if load(state, order + META) & REDUCES == 0:
        return False
    own = load(state, order + ACCOUNT) == load(state, other + ACCOUNT)
    return own or reducible(state, book, order) == 0


@compiled
def meet(state: int, book: int, taker: int, maker: int) -> bool:
    """One step with the first maker, by all rules; False: the taker was cancelled."""
    mode = prevention(state, taker)
    if mode != 0 and load(state, taker + ACCOUNT) == load(state, maker + ACCOUNT):
        return prevent(state, book, taker, maker, mode)
    if spent(state, book, taker, maker):
        say_cancelled(state, book, taker, NOT_REDUCING)
        return False
    if spent(state, book, maker, taker):
        drop(state, book, maker, NOT_REDUCING)
    else:
        price = load(state, maker + INDEX) + load(state, book + LOWEST)
        trade(state, book, taker, maker, price, 0)
        refresh(state, book, maker)
    return True


@compiled
def prevent(state: int, book: int, taker: int, maker: int, mode: int) -> bool:
    """Keep an account from trading with itself; False: the taker was cancelled."""
    if mode in (CANCEL_OLDEST, CANCEL_BOTH):
        drop(state, book, maker, SELF_TRADE)
    if mode in (CANCEL_NEWEST, CANCEL_BOTH):
        say_cancelled(state, book, taker, SELF_TRADE)
        return False
    return True


@compiled
def capped(state: int, book: int, order: int, quantity: int) -> int:
    """What an order may trade of a quantity."""
    if load(state, order + META) & REDUCES != 0:
        return min(quantity, reducible(state, book, order))
    return quantity


@compiled
def trade(state: int, book: int, taker: int, maker: int, price: int, flags: int) -> None:
    """Trade what both show and may; the maker's level has that much less."""
    quantity = min(load(state, taker + SHOWN), load(state, maker + SHOWN))
    quantity = capped(state, book, taker, quantity)
    quantity = capped(state, book, maker, quantity)
    store(state, taker + SHOWN, load(state, taker + SHOWN) - quantity)
    lessen(state, book, maker, quantity)
    if open_of(state, taker) == 0:
        flags |= TAKER_DONE
    if open_of(state, maker) == 0:
        flags |= MAKER_DONE
    say_trade(state, taker, maker, price, quantity, flags)
    settling = SETTLE_CROSSED if flags & UNCROSSED else SETTLE
    hold_both(state, book, taker, maker, price, quantity, settling)
    printed(state, price)


@compiled
def lessen(state: int, book: int, order: int, quantity: int) -> None:
    """Take a quantity off what an order in a queue shows."""
    store(state, order + SHOWN, load(state, order + SHOWN) - quantity)
    queue = queue_in(book, load(state, order + META))
    at = level_of(state, queue, load(state, order + INDEX)) + 1
    store(state, at, load(state, at) - quantity)


@compiled
def refresh(state: int, book: int, order: int) -> None:
    """After a trade: a resting order shows its next part, behind the others, or is gone."""
    if load(state, order + SHOWN) > 0:
        return
    number = number_of(load(state, order + META))
    queue = queue_of(book, number)
    leave(state, queue, number & 1, order)
    if load(state, order + HIDDEN) == 0:
        forget(state, order)
        return
    split(state, order)
    join(state, queue, number & 1, order, load(state, order + INDEX))
    shown, price = load(state, order + SHOWN), price_of(state, book, order)
    say(state, order, REFRESHED, price, shown, ASKED, 0)


@compiled
def split(state: int, order: int) -> None:
    """Show of what is open no more than the iceberg's part."""
    whole = open_of(state, order)
    shown = min(whole, load(state, order + PEAK))
    store(state, order + SHOWN, shown)
    store(state, order + HIDDEN, whole - shown)


@compiled
def drop(state: int, book: int, order: int, why: int) -> None:
    """Withdraw an order that rests or sleeps."""
    meta = load(state, order + META)
    number = number_of(meta)
    leave(state, queue_of(book, number), number & 1, order)
    say_cancelled(state, book, order, why)
    if asleep(meta):
        unlisted(state, book, order)
    let_go(state, book, order)
    forget(state, order)
