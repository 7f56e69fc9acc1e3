"""People's requests carried out: what each one asks of the gate in a market, and what it answers.

| request      | asks for                                                                      |
|--------------|-------------------------------------------------------------------------------|
| place_order  | OPEN, ADD, REDUCE or CLOSE, as the position and the side have it              |
| modify_order | the same order with other figures; what is not named stays                    |
| protect      | a new stop and target for the position                                        |
| cancel       | the end of resting orders, and of commands that wait; protection stays        |
| approve      | the command that waited, judged as if it were asked for now, under its own id |
| reject       | nothing: the command that waited is declined                                  |
| flatten      | as cancel, then the close of the whole position: its protection ends with it  |

Each request is handled once a market, refused or not. What is about one order or position that is
at another venue is left to that venue's market; what nobody knows is said once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from engine.account import Account, Pending
from engine.answers import Turned
from engine.asks import Ask, intent_of
from engine.hearing import Answered, Gate, Hearing, market_of
from engine.ledger import let_go, turn_down
from engine.requests import Request, due
from schemas.commands import (
    Approve,
    CancelOrders,
    Flatten,
    ModifyOrder,
    PlaceOrder,
    Protect,
    Reject,
)
from schemas.orders import Check, Intent, OrderCommand, Style
from schemas.refusals import Reason

SAID = 256
"""Numbers of answered requests that are remembered: as many as the row holds."""


def requested(account: Account, gate: Gate) -> list[Answered]:
    """All that is said to the requests that are due in the decision's market, oldest first.

    A Flatten, and what was asked after it, waits until no order of the symbol is on its way.
    """
    decision, handled, market = account.decision, account.state.handled, market_of(account)
    row, last = account.setting("requests"), handled.get(market, -1)
    if row is None or row.seq <= last:
        return []
    told: list[Answered] = []
    for request in due(last, row, decision.symbol, decision.venue, account.context.now):
        if _early(account, request):
            return told
        answers = list(_carried(Hearing(account, request, gate)))
        told += answers
        handled[market] = max(last, min(request.number, row.seq))
        if answers:
            _remember(account, request)
    handled[market] = row.seq
    return told


def _remember(account: Account, request: Request) -> None:
    said = [each for each in account.state.said if each != request.number]
    account.state.said = [*said, request.number][-SAID:]


def _early(account: Account, request: Request) -> bool:
    """True for a Flatten while an order is on its way; one that waits for a word is not."""
    if not isinstance(request.command, Flatten) or request.reason is not None:
        return False
    return any(account.under_way("open", "reduce", waiting=False))


def _carried(hearing: Hearing) -> Iterator[Answered]:
    if hearing.request.reason is not None:
        check = Check(name="request", value=hearing.request.why, limit="sensible", passed=False)
        yield hearing.refuse(hearing.request.reason, check)
        return
    match hearing.request.command:
        case PlaceOrder() as order:
            yield hearing.put(_placed(hearing, order))
        case ModifyOrder() as change:
            yield from _modified(hearing, change)
        case Protect() as protect:
            yield from _protected(hearing, protect)
        case CancelOrders() as cancel:
            yield from _cancelled(hearing, cancel)
        case Approve() as approve:
            yield from _approved(hearing, approve)
        case Reject() as reject:
            yield from _rejected(hearing, reject.client_order_id)
        case Flatten() as flatten:
            yield from _flattened(hearing, flatten)


def _placed(hearing: Hearing, order: PlaceOrder) -> Ask:
    quantity = Decimal(order.quantity)
    intent = intent_of(hearing.account.held, order.side, quantity, order.reduce_only)
    return hearing.ask(
        intent, order.side,
        type=order.type, time_in_force=order.time_in_force, quantity=quantity,
        price=_decimal(order.price), trigger=_decimal(order.trigger), post_only=order.post_only,
        stop=_decimal(order.stop), target=_decimal(order.target), trailing=order.trailing,
        activation=order.activation, lasts=order.lasts, style=_style(order),
    )  # fmt: skip


def _style(order: PlaceOrder) -> Style | None:
    if order.visible is None:
        return None
    return Style(name="iceberg", visible=order.visible, variance=order.variance)


def _modified(hearing: Hearing, change: ModifyOrder) -> Iterator[Answered]:
    order = hearing.account.state.pending.get(change.client_order_id)
    if (
        order is None
        or not order.resting
        or order.client_order_id in hearing.account.state.awaiting
    ):
        yield from hearing.unknown()
    elif hearing.here(order):
        yield hearing.put(_changed(hearing, change, order))


def _changed(hearing: Hearing, change: ModifyOrder, order: Pending) -> Ask:
    """What is to be changed; all else is the order's."""
    return hearing.ask(
        Intent.ADJUST, order.side, action="modify", orders=(order.client_order_id,),
        quantity=_decimal(change.quantity), price=_decimal(change.price),
        trigger=_decimal(change.trigger),
    )  # fmt: skip


def _protected(hearing: Hearing, protect: Protect) -> Iterator[Answered]:
    if hearing.account.elsewhere if hearing.account.held else hearing.said:
        return
    ask = hearing.ask(
        Intent.ADJUST, hearing.closing, action="protect",
        stop=_decimal(protect.stop), target=_decimal(protect.target),
        trailing=protect.trailing, activation=protect.activation, lasts=protect.lasts,
    )  # fmt: skip
    yield hearing.put(ask)


def _cancelled(hearing: Hearing, cancel: CancelOrders) -> Iterator[Answered]:
    names, known = cancel.client_order_ids, {*hearing.account.state.pending, *hearing.at_venue}
    ended = list(_ended(hearing, names))
    yield from ended
    missing = any(name not in known for name in names)
    if missing or (not names and cancel.symbol is not None and not ended):
        yield from hearing.unknown()


def _flattened(hearing: Hearing, flatten: Flatten) -> Iterator[Answered]:
    ended = list(_ended(hearing, ()))
    yield from ended
    here = hearing.account.held and not hearing.account.elsewhere
    nothing = not ended and not hearing.account.held and not hearing.said
    if here or (nothing and flatten.symbol is not None):
        yield hearing.put(hearing.ask(Intent.CLOSE, hearing.closing, 1))


def _ended(hearing: Hearing, names: tuple[str, ...]) -> Iterator[Answered]:
    """What waits for a word is declined, what rests is cancelled: the named, or all but protection.

    By name the venue's other orders can be cancelled too.
    """
    state = hearing.account.state
    mine = [
        name for name, each in state.pending.items()
        if hearing.here(each) and (name in names or not names)
    ]  # fmt: skip
    resting = [name for name in mine if state.pending[name].resting and name not in state.awaiting]
    resting += [name for name in names if name in hearing.at_venue and name not in mine]
    for name in [name for name in mine if name in state.awaiting]:
        yield hearing.refuse(turn_down(hearing.account, name).reason)
    if resting:
        orders, side = tuple(dict.fromkeys(resting)), hearing.closing
        ask = hearing.ask(Intent.ADJUST, side, action="cancel", orders=orders)
        yield hearing.put(ask)


def _approved(hearing: Hearing, approve: Approve) -> Iterator[Answered]:
    name = approve.client_order_id
    command = hearing.account.state.awaiting.get(name)
    if command is None:
        yield from _gone(hearing, name)
    elif hearing.here(command):
        ask = let_go(hearing.account, name, hearing.request.id)
        if isinstance(ask, Turned):
            yield hearing.refuse(ask.reason)
        elif _moved(hearing, command):
            yield ask, Turned(Reason.POSITION_CHANGED)
        else:
            whole = command.intent is Intent.CLOSE
            yield hearing.put(replace(ask, quantity=None) if whole else ask)


def _moved(hearing: Hearing, command: OrderCommand) -> bool:
    """True when an entry would now be something else than it was when it was judged."""
    if command.intent not in (Intent.OPEN, Intent.ADD):
        return False
    now = intent_of(hearing.account.held, command.side, Decimal(command.quantity))
    return now is not command.intent


def _rejected(hearing: Hearing, name: str) -> Iterator[Answered]:
    command = hearing.account.state.awaiting.get(name)
    if command is None:
        yield from _gone(hearing, name)
    elif hearing.here(command):
        yield hearing.refuse(turn_down(hearing.account, name).reason)


def _gone(hearing: Hearing, name: str) -> Iterator[Answered]:
    """It does not wait: it was approved before, or nobody knows it."""
    order = hearing.account.state.pending.get(name)
    if order is None:
        yield from hearing.unknown()
    elif hearing.here(order):
        yield hearing.refuse(Reason.DUPLICATE)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
