"""A new order at the door."""

from __future__ import annotations

from engine.matching.codes import (
    BUY,
    FLAGS,
    GTC,
    MAX_PARTS,
    MAX_POSITION,
    MAX_PRICE,
    MAX_QUANTITY,
    POST_ONLY,
    REDUCE_ONLY,
    TIF,
)
from engine.matching.entering import CONDITIONS, activate_all, admitted, enter, refusal
from engine.matching.ladder import join, queue_of
from engine.matching.layout import (
    ACCOUNT,
    ACCOUNTS,
    ASKED,
    AUCTION,
    BAD,
    BOOK,
    BOOKS,
    CONTRACT,
    DUPLICATE,
    ELECTED,
    ENTERED,
    FULL,
    HALTED,
    HELD_LOTS,
    HIDDEN,
    HIGH,
    HOOK,
    ICEBERG,
    ID,
    INDEX,
    LIMIT,
    LIMIT_PRICE,
    LIQUIDATING,
    LIVE,
    LOW,
    LOWEST,
    MARKET,
    META,
    MOST,
    OUT_OF_BAND,
    OWN_IDS,
    PEAK,
    PHASE,
    POSITIONS,
    SEQ,
    SHOWN,
    STOP,
    STOP_LIMIT,
    SYMBOLS,
    TRAIL,
    TRAILING_STOP,
    WAITING,
    WHOLE,
    WIDTH,
    WOULD_TRIGGER,
    WRONG_PHASE,
)
from engine.matching.memory import compiled, inlined, load, store
from engine.matching.registry import cell_of, give_slot, know, take_slot
from engine.matching.stops import listed, reference
from engine.matching.telling import number_of, say, say_rejected


@inlined
def book_of(state: int, symbol: int) -> int:
    """Where a symbol's book lies."""
    return load(state, BOOKS) + symbol * BOOK


@compiled
def place(state: int, command: int) -> None:
    """Carry out a PLACE."""
    word = load(command, 0)
    if malformed(state, command, word) or foreign(state, command, word):
        say_rejected(state, command, BAD)
        return
    book = book_of(state, word >> 32)
    kind, flags = (word >> 16) & 255, (word >> 24) & 255
    trigger = load(command, 5)
    if kind == TRAILING_STOP:
        trail = min(load(command, 7), MAX_PRICE)
        at = reference(state, book)
        trigger = at + trail if (word >> 8) & 255 == BUY else at - trail
    why = door(state, book, command, kind, flags, trigger)
    if why != ASKED:
        say_rejected(state, command, why)
        return
    order = written(state, book, command, word)
    if kind >= STOP:
        sleep(state, book, command, order, trigger - load(state, book + LOWEST))
        return
    why = refusal(state, book, order) if load(state, order + META) & CONDITIONS else ASKED
    if why == ASKED and load(state, HOOK) != 0:
        why = admitted(state, book, order)
    if why != ASKED:
        give_slot(state, order)
        say_rejected(state, command, why)
        return
    enter(state, book, order)
    if load(state, book + ELECTED) != 0:
        activate_all(state, book)


@inlined
def malformed(state: int, command: int, word: int) -> bool:
    """Whether a PLACE has fields out of range, or that its kind has no use for."""
    price, quantity = load(command, 3), load(command, 4)
    if (
        (word >> 8) & 255 > 1
        or (word >> 32) & 0xFFFFFFFF >= load(state, SYMBOLS)
        or load(command, 1) <= 0
        or quantity <= 0
        or quantity > MAX_QUANTITY
    ):
        return True
    plain = (word >> 16) & 255 == LIMIT and (word >> 24) & 254 == 0 and price > 0
    if plain and load(command, 2) | load(command, 5) | load(command, 6) | load(command, 7) == 0:
        return False
    return malformed_special(state, command, word)


@inlined
def foreign(state: int, command: int, word: int) -> bool:
    """Where money is kept: whether an order is nobody's, has an id of the engine's own, or would
    reduce what is no position."""
    if load(state, HOOK) == 0:
        return False
    own = load(command, 1) >= OWN_IDS and load(state, LIQUIDATING) == 0
    spot = load(state, book_of(state, word >> 32) + CONTRACT) == 0
    return load(command, 2) == 0 or own or (spot and (word >> 24) & REDUCE_ONLY != 0)


@compiled
def malformed_special(state: int, command: int, word: int) -> bool:
    """As malformed, for an order with an account, or more than a price and a quantity."""
    kind, flags = (word >> 16) & 255, (word >> 24) & 255
    account, price = load(command, 2), load(command, 3)
    trigger, visible, trail = load(command, 5), load(command, 6), load(command, 7)
    if (
        kind > TRAILING_STOP
        or flags > FLAGS
        or flags & TIF == TIF
        or account < 0
        or account >= load(state, ACCOUNTS)
        or min(price, trigger, visible, trail) < 0
    ):
        return True
    stopped = kind in (STOP, STOP_LIMIT)
    if (trigger > 0) != stopped or (trail > 0) != (kind == TRAILING_STOP):
        return True
    return misfit(state, command, kind, flags)


@compiled
def misfit(state: int, command: int, kind: int, flags: int) -> bool:
    """Whether fields that are each in range do not go together."""
    account, price = load(command, 2), load(command, 3)
    quantity, visible = load(command, 4), load(command, 6)
    limited = kind in (LIMIT, STOP_LIMIT)
    waits = limited and flags & TIF == GTC
    if (price > 0) != limited or (not waits and (visible > 0 or flags & POST_ONLY != 0)):
        return True
    if visible > quantity or (visible > 0 and quantity > MAX_PARTS * visible):
        return True
    if account == 0:
        return flags & REDUCE_ONLY != 0
    book = book_of(state, (load(command, 0) >> 32) & 0xFFFFFFFF)
    return not fits(state, book, account, quantity)


@compiled
def fits(state: int, book: int, account: int, quantity: int) -> bool:
    """Whether a position stays within its width by that quantity more."""
    held = abs(load(state, load(state, book + POSITIONS) + account))
    return held + quantity <= MAX_POSITION


@inlined
def door(state: int, book: int, command: int, kind: int, flags: int, trigger: int) -> int:
    """What refuses an order before the book is looked at."""
    waits = kind >= STOP or (kind == LIMIT and flags & TIF == GTC)
    if load(state, cell_of(state, load(command, 1)) + 1) != 0:
        return DUPLICATE
    if waits and load(state, LIVE) >= load(state, MOST):
        return FULL
    phase = load(state, book + PHASE)
    if phase == HALTED or (phase == AUCTION and not waits):
        return WRONG_PHASE
    index = load(command, 3) - load(state, book + LOWEST)
    limited = kind in (LIMIT, STOP_LIMIT)
    if limited and (index < load(state, book + LOW) or index > load(state, book + HIGH)):
        return OUT_OF_BAND
    if kind >= STOP:
        return trigger_refusal(state, book, (load(command, 0) >> 8) & 255, trigger)
    return ASKED


@compiled
def trigger_refusal(state: int, book: int, side: int, trigger: int) -> int:
    """What refuses a trigger: it is off the ladder, or reached already."""
    index = trigger - load(state, book + LOWEST)
    if index < 0 or index >= load(state, book + WIDTH):
        return OUT_OF_BAND
    at = reference(state, book)
    if (at >= trigger) if side == BUY else (at <= trigger):
        return WOULD_TRIGGER
    return ASKED


@inlined
def written(state: int, book: int, command: int, word: int) -> int:
    """The order of a command, in a slot of its own, known to nobody yet."""
    order = take_slot(state)
    quantity = load(command, 4)
    meta = (word >> 8) & 0xFFFFFFFFFFFFFF
    store(state, order + ID, load(command, 1))
    store(state, order + SHOWN, quantity)
    store(state, order + HIDDEN, 0)
    store(state, order + ACCOUNT, load(command, 2))
    store(state, order + WHOLE, quantity)
    kind, visible = (word >> 16) & 255, load(command, 6)
    if kind <= MARKET:
        store(state, order + INDEX, load(command, 3) - load(state, book + LOWEST))
    if visible != 0 and visible < quantity:
        meta |= ICEBERG
        store(state, order + PEAK, visible)
    store(state, order + META, meta)
    return order


@compiled
def sleep(state: int, book: int, command: int, order: int, index: int) -> None:
    """A stop waits for its trigger."""
    meta = load(state, order + META)
    store(state, order + LIMIT_PRICE, load(command, 3))
    store(state, order + TRAIL, load(command, 7))
    trailing = load(command, 7) != 0
    store(state, order + ENTERED, load(state, SEQ) if trailing else 0)
    store(state, order + HELD_LOTS, 0)
    know(state, order)
    number = number_of(meta)
    join(state, queue_of(book, number), number & 1, order, index)
    listed(state, book, order)
    trigger = index + load(state, book + LOWEST)
    say(state, order, WAITING, trigger, load(state, order + SHOWN), ASKED, 0)
