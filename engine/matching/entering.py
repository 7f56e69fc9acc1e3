"""An order meets the book, when it is placed, wakes up or comes back changed."""

from __future__ import annotations

from engine.matching.codes import (
    BUY,
    CANCEL_NEWEST,
    CANCEL_OLDEST,
    FOK,
    GTC,
    POST_ONLY,
    REDUCE_ONLY,
    TIF,
)
from engine.matching.ladder import (
    join,
    level_of,
    next_above,
    next_below,
    order_of,
    queue_of,
)
from engine.matching.layout import (
    ACCOUNT,
    ADMIT,
    ASKED,
    BEST,
    ELECTED,
    ELECTED_END,
    FLAGS_AT,
    HIDDEN,
    HIGH,
    HOOK,
    ICEBERG,
    INDEX,
    KIND_AT,
    KIND_MASK,
    KNOWN,
    LIMIT,
    LIMIT_PRICE,
    LINKS,
    LOW,
    LOWEST,
    MARKET,
    META,
    NOT_REDUCING,
    OPEN,
    OUT_OF_BAND,
    PHASE,
    REDUCERS,
    RESTED,
    SHOWN,
    STOP_LIMIT,
    TRIGGERED,
    UNFILLED,
    WHOLE,
    WOULD_TAKE,
)
from engine.matching.memory import compiled, inlined, load, load_half, store
from engine.matching.registry import REDUCES, done, know
from engine.matching.stops import elect
from engine.matching.telling import (
    kind_of,
    open_of,
    prevention,
    price_of,
    say,
    say_cancelled,
    side_of,
)
from engine.matching.trading import ask, let_go, match, reducible, split

CONDITIONS = (REDUCE_ONLY | POST_ONLY | FOK) << FLAGS_AT


@inlined
def limit_of(state: int, book: int, order: int) -> int:
    """The worst price an order takes, above the ladder's lowest; without its own, the band's."""
    meta = load(state, order + META)
    if kind_of(meta) == LIMIT:
        return load(state, order + INDEX)
    return load(state, book + HIGH) if side_of(meta) == BUY else load(state, book + LOW)


@compiled
def refusal(state: int, book: int, order: int) -> int:
    """What refuses an order that is about to meet the book; it may cut one that reduces."""
    flags = load(state, order + META) >> FLAGS_AT
    if flags & REDUCE_ONLY:
        room = reducible(state, book, order)
        if room == 0:
            return NOT_REDUCING
        if room < load(state, order + SHOWN):
            store(state, order + SHOWN, room)
            store(state, order + WHOLE, room)
    if flags & POST_ONLY and would_take(state, book, order, load(state, order + INDEX)):
        return WOULD_TAKE
    if flags & TIF == FOK and not fillable(state, book, order):
        return UNFILLED
    return ASKED


@compiled
def admitted(state: int, book: int, order: int) -> int:
    """What refuses to hold money for an order that is about to meet the book."""
    price = limit_of(state, book, order) + load(state, book + LOWEST)
    return ask(state, ADMIT, book, order, price, load(state, order + SHOWN), 0)


@compiled
def would_take(state: int, book: int, order: int, index: int) -> bool:
    """Whether an order would trade with that limit."""
    side = side_of(load(state, order + META))
    best = load(state, queue_of(book, 1 - side) + BEST)
    return best <= index if side == BUY else best >= index


@compiled
def fillable(state: int, book: int, order: int) -> bool:
    """Whether all of an order would trade at once; orders that reduce do not count.

    One that reduces itself ends where it meets its own account, as by CANCEL_NEWEST.
    """
    side, limit = side_of(load(state, order + META)), limit_of(state, book, order)
    queue, want = queue_of(book, 1 - side), load(state, order + SHOWN)
    own = prevention(state, order)
    if own == 0 and load(state, order + META) & REDUCES != 0:
        own = CANCEL_NEWEST
    summed = own == 0 and load(state, REDUCERS) == 0
    index = load(state, queue + BEST)
    while want > 0 and (index <= limit if side == BUY else index >= limit):
        level = level_of(state, queue, index)
        if summed:
            want -= load(state, level + 1)
        else:
            blocked = own != 0 and own != CANCEL_OLDEST and blocks(state, order, level)
            want -= countable(state, order, level, own, blocked)
            if blocked:
                break
        below = side != BUY
        index = next_below(state, queue, index) if below else next_above(state, queue, index)
    return want <= 0


@compiled
def blocks(state: int, order: int, level: int) -> bool:
    """Whether the order's own account rests at a price."""
    slot = load_half(state, 2 * level)
    while slot != 0:
        maker = order_of(slot)
        if load(state, maker + ACCOUNT) == load(state, order + ACCOUNT):
            return True
        slot = load_half(state, 2 * (maker + LINKS) + 1)
    return False


@compiled
def countable(state: int, order: int, level: int, own: int, blocked: bool) -> int:
    """What an order can count on at a price; of a blocked one what is shown before its own."""
    slot, total = load_half(state, 2 * level), 0
    while slot != 0:
        maker = order_of(slot)
        slot = load_half(state, 2 * (maker + LINKS) + 1)
        if own != 0 and load(state, maker + ACCOUNT) == load(state, order + ACCOUNT):
            if blocked:
                return total
            continue
        if load(state, maker + META) & REDUCES == 0:
            total += load(state, maker + SHOWN)
            if not blocked:
                total += load(state, maker + HIDDEN)
    return total


@inlined
def enter(state: int, book: int, order: int) -> None:
    """Match an order and rest, or cancel, what is left of it."""
    if load(state, book + PHASE) == OPEN:
        alive = match(state, book, order, limit_of(state, book, order))
        elect(state, book)
    else:
        alive = True
    if not alive or load(state, order + SHOWN) == 0:
        let_go(state, book, order)
        done(state, order)
        return
    meta = load(state, order + META)
    if meta & (KIND_MASK | TIF << FLAGS_AT) == LIMIT << KIND_AT | GTC << FLAGS_AT:
        rest(state, book, order, meta)
    else:
        say_cancelled(state, book, order, UNFILLED)
        let_go(state, book, order)
        done(state, order)


@inlined
def rest(state: int, book: int, order: int, meta: int) -> None:
    """Put an order into the book."""
    if meta & KNOWN:
        store(state, order + META, meta & ~KNOWN)
    else:
        know(state, order)
    if meta & ICEBERG:
        split(state, order)
    side, index = side_of(meta), load(state, order + INDEX)
    join(state, queue_of(book, side), side, order, index)
    price = index + load(state, book + LOWEST)
    say(state, order, RESTED, price, open_of(state, order), ASKED, 0)


@compiled
def activate_all(state: int, book: int) -> None:
    """Activate the elected stops in turn; they may elect more."""
    slot = load(state, book + ELECTED)
    while slot != 0:
        order = order_of(slot)
        behind = load_half(state, 2 * (order + LINKS) + 1)
        store(state, book + ELECTED, behind)
        if behind == 0:
            store(state, book + ELECTED_END, 0)
        activate(state, book, order)
        slot = load(state, book + ELECTED)


@compiled
def activate(state: int, book: int, order: int) -> None:
    """A stop is an order like others from now on."""
    meta = load(state, order + META)
    limited = kind_of(meta) == STOP_LIMIT
    kind = LIMIT if limited else MARKET
    store(state, order + META, meta & ~KIND_MASK | kind << KIND_AT | KNOWN)
    index = load(state, order + LIMIT_PRICE) - load(state, book + LOWEST)
    store(state, order + INDEX, index)
    price = price_of(state, book, order)
    say(state, order, TRIGGERED, price, open_of(state, order), ASKED, 0)
    why = ASKED
    if limited and not load(state, book + LOW) <= index <= load(state, book + HIGH):
        why = OUT_OF_BAND
    elif meta & CONDITIONS:
        why = refusal(state, book, order)
    if why == ASKED and load(state, HOOK) != 0:
        why = admitted(state, book, order)
    if why == ASKED:
        enter(state, book, order)
    else:
        say_cancelled(state, book, order, why)
        done(state, order)
