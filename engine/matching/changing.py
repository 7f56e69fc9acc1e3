"""Commands about an order that is there: withdraw, reduce, amend."""

from __future__ import annotations

from engine.matching.codes import KEPT, MAX_PARTS, MAX_QUANTITY, POST_ONLY
from engine.matching.entering import activate_all, enter, would_take
from engine.matching.ladder import join, leave, level_of, order_of, queue_of
from engine.matching.layout import (
    ACCOUNT,
    AMENDED,
    ASKED,
    BAD,
    ELECTED,
    FLAGS_AT,
    HALTED,
    HELD_LOTS,
    HIDDEN,
    HIGH,
    HOLD_AGAIN,
    HOOK,
    ICEBERG,
    INDEX,
    KNOWN,
    LET_GO,
    LIMIT,
    LIMIT_PRICE,
    LOW,
    LOWEST,
    META,
    OUT_OF_BAND,
    PEAK,
    PHASE,
    SHOWN,
    STOP,
    STOP_LIMIT,
    UNKNOWN,
    WHOLE,
    WOULD_TAKE,
    WRONG_PHASE,
)
from engine.matching.memory import compiled, inlined, load, store
from engine.matching.placing import book_of, fits, trigger_refusal
from engine.matching.registry import cell_of
from engine.matching.telling import (
    asleep,
    kind_of,
    number_of,
    open_of,
    price_of,
    queue_in,
    say,
    say_rejected,
    side_of,
    symbol_of,
)
from engine.matching.trading import ask, drop


@inlined
def found(state: int, command: int) -> int:
    """The order a command is about, 0 for none; an account other than 0 sees its own only."""
    slot = load(state, cell_of(state, load(command, 1)) + 1)
    if slot == 0:
        return 0
    order = order_of(slot)
    account = load(command, 2)
    return order if account == 0 or account == load(state, order + ACCOUNT) else 0


@compiled
def cancel(state: int, command: int) -> None:
    """Carry out a CANCEL."""
    order = found(state, command)
    if order == 0:
        say_rejected(state, command, UNKNOWN)
    else:
        drop(state, book_of(state, symbol_of(load(state, order + META))), order, ASKED)


@compiled
def reduce(state: int, command: int) -> None:
    """Carry out a REDUCE."""
    order = found(state, command)
    if order == 0:
        say_rejected(state, command, UNKNOWN)
    elif load(command, 4) <= 0:
        say_rejected(state, command, BAD)
    else:
        book = book_of(state, symbol_of(load(state, order + META)))
        shrink(state, book, order, load(command, 4))


@compiled
def shrink(state: int, book: int, order: int, quantity: int) -> None:
    """Take a quantity off, first of what is hidden; the order keeps its place."""
    if quantity >= open_of(state, order):
        drop(state, book, order, ASKED)
        return
    if load(state, HOOK) != 0 and load(state, order + HELD_LOTS) != 0:
        ask(state, LET_GO, book, order, quantity, 0, 0)
    hidden = min(quantity, load(state, order + HIDDEN))
    store(state, order + WHOLE, load(state, order + WHOLE) - quantity)
    store(state, order + HIDDEN, load(state, order + HIDDEN) - hidden)
    store(state, order + SHOWN, load(state, order + SHOWN) - (quantity - hidden))
    queue = queue_in(book, load(state, order + META))
    at = level_of(state, queue, load(state, order + INDEX)) + 1
    store(state, at, load(state, at) - quantity)
    say(state, order, AMENDED, price_of(state, book, order), open_of(state, order), ASKED, KEPT)


@compiled
def amend(state: int, command: int) -> None:
    """Carry out an AMEND."""
    order = found(state, command)
    if order == 0:
        say_rejected(state, command, UNKNOWN)
        return
    book = book_of(state, symbol_of(load(state, order + META)))
    whole = load(command, 4) if load(command, 4) != 0 else load(state, order + WHOLE)
    why = BAD if unsound(state, book, command, order, whole) else ASKED
    if why == ASKED:
        why = amend_refusal(state, book, command, order)
    if why == ASKED:
        why = amended(state, book, command, order, whole)
    if why != ASKED:
        say_rejected(state, command, why)
    elif load(state, book + ELECTED) != 0:
        activate_all(state, book)


@compiled
def unsound(state: int, book: int, command: int, order: int, whole: int) -> bool:
    """Whether an amendment has fields out of range, or that the order has no use for."""
    price, trigger = load(command, 3), load(command, 5)
    if min(price, trigger, load(command, 4)) < 0 or whole > MAX_QUANTITY:
        return True
    meta, account = load(state, order + META), load(state, order + ACCOUNT)
    if meta & ICEBERG and whole > MAX_PARTS * load(state, order + PEAK):
        return True
    if account != 0 and not fits(state, book, account, whole):
        return True
    kind = kind_of(meta)
    if price != 0 and kind != LIMIT and kind != STOP_LIMIT:
        return True
    return trigger != 0 and kind != STOP and kind != STOP_LIMIT


@compiled
def amend_refusal(state: int, book: int, command: int, order: int) -> int:
    """What refuses a sound amendment before the book is looked at."""
    price, trigger = load(command, 3), load(command, 5)
    if load(state, book + PHASE) == HALTED:
        return WRONG_PHASE
    index = price - load(state, book + LOWEST)
    if price != 0 and (index < load(state, book + LOW) or index > load(state, book + HIGH)):
        return OUT_OF_BAND
    if trigger != 0:
        return trigger_refusal(state, book, side_of(load(state, order + META)), trigger)
    return ASKED


@compiled
def amended(state: int, book: int, command: int, order: int, whole: int) -> int:
    """Change an order, or say why not."""
    meta, lowest = load(state, order + META), load(state, book + LOWEST)
    before, old = load(state, order + WHOLE), price_of(state, book, order)
    price = load(command, 3) if load(command, 3) != 0 else old
    index = load(state, order + INDEX)
    if asleep(meta):
        index = load(command, 5) - lowest if load(command, 5) != 0 else index
    else:
        index = price - lowest
    if whole - (before - open_of(state, order)) <= 0:
        drop(state, book, order, ASKED)
    elif price == old and index == load(state, order + INDEX) and whole <= before:
        shrink(state, book, order, before - whole)
    elif (
        not asleep(meta) and meta & POST_ONLY << FLAGS_AT and would_take(state, book, order, index)
    ):
        return WOULD_TAKE
    else:
        why = held_again(state, book, order, price, whole)
        if why == ASKED:
            requeue(state, book, order, price, index, whole)
        return why
    return ASKED


@compiled
def held_again(state: int, book: int, order: int, price: int, whole: int) -> int:
    """What refuses to hold money for an order as it would be, of one that money is held for."""
    if load(state, HOOK) == 0 or load(state, order + HELD_LOTS) == 0:
        return ASKED
    quantity = open_of(state, order) + whole - load(state, order + WHOLE)
    return ask(state, HOLD_AGAIN, book, order, price, quantity, 0)


@compiled
def requeue(state: int, book: int, order: int, price: int, index: int, whole: int) -> None:
    """The order as it is now goes to the back of the queue, over the book if it crosses."""
    meta = load(state, order + META)
    number = number_of(meta)
    queue = queue_of(book, number)
    leave(state, queue, number & 1, order)
    quantity = open_of(state, order) + whole - load(state, order + WHOLE)
    store(state, order + SHOWN, quantity)
    store(state, order + HIDDEN, 0)
    store(state, order + WHOLE, whole)
    say(state, order, AMENDED, price, quantity, ASKED, 0)
    if asleep(meta):
        store(state, order + LIMIT_PRICE, price)
        join(state, queue, number & 1, order, index)
    else:
        store(state, order + META, meta | KNOWN)
        store(state, order + INDEX, index)
        enter(state, book, order)
