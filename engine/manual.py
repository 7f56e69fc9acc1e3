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

Each request is handled once a market, refused or not. What is about one order or position and is
not found is said once, by the first of the symbol's venues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.account import Account, Pending
from engine.answers import Approved, Turned
from engine.asks import PERSON, Ask, intent_of
from engine.identity import client_order_id
from engine.ledger import take_waiting
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
from schemas.orders import Check, Intent, OrderCommand, OrderType, TimeInForce
from schemas.record import symbol_of
from schemas.refusals import Reason
from schemas.ticks import Side

Gate = Callable[[Ask], Approved | Turned]
"""Answers what is asked; an approval counts at once."""

Answered = tuple[Ask, Approved | Turned]
"""What was asked in a person's name, and what was said to it."""


def requested(account: Account, gate: Gate) -> list[Answered]:
    """All that is said to the requests that are due in the decision's market, oldest first.

    A Flatten, and what was asked after it, waits until no order of the symbol is on its way.
    """
    decision, handled, market = account.decision, account.state.handled, _market(account)
    row, last = account.setting("requests"), handled.get(market, -1)
    if row is None or row.seq <= last:
        return []
    told: list[Answered] = []
    for request in due(last, row, decision.symbol, decision.venue, account.context.now):
        if _early(account, request):
            return told
        told += _carried(account, request, gate)
        handled[market] = max(last, min(request.number, row.seq))
    handled[market] = row.seq
    return told


def _early(account: Account, request: Request) -> bool:
    flatten = isinstance(request.command, Flatten) and request.reason is None
    return flatten and any(account.under_way("open", "reduce"))


def _carried(account: Account, request: Request, gate: Gate) -> Iterator[Answered]:
    if request.reason is not None:
        check = Check(name="request", value=request.why, limit="sensible", passed=False)
        yield _refused(account, request, request.reason, check)
        return
    match request.command:
        case PlaceOrder() as order:
            yield _asked(_placed(account, request, order), gate)
        case ModifyOrder() as change:
            yield from _modified(account, request, change, gate)
        case Protect() as protect:
            yield from _protected(account, request, protect, gate)
        case CancelOrders() as cancel:
            yield from _cancelled(account, request, cancel, gate)
        case Approve() as approve:
            yield from _approved(account, request, approve, gate)
        case Reject() as reject:
            yield from _rejected(account, request, reject.client_order_id)
        case Flatten() as flatten:
            yield from _flattened(account, request, flatten, gate)


def _placed(account: Account, request: Request, order: PlaceOrder) -> Ask:
    quantity = Decimal(order.quantity)
    intent = intent_of(account.held, order.side, quantity, order.reduce_only)
    return _ask(
        account, request, intent, order.side,
        type=order.type, time_in_force=order.time_in_force, quantity=quantity,
        price=_decimal(order.price), trigger=_decimal(order.trigger), post_only=order.post_only,
        stop=_decimal(order.stop), target=_decimal(order.target),
    )  # fmt: skip


def _modified(
    account: Account, request: Request, change: ModifyOrder, gate: Gate
) -> Iterator[Answered]:
    order = account.state.pending.get(change.client_order_id)
    if order is None or not order.resting or order.client_order_id in account.state.awaiting:
        yield from _unknown(account, request)
    elif _here(account, order):
        yield _asked(_changed(account, request, change, order), gate)


def _changed(account: Account, request: Request, change: ModifyOrder, order: Pending) -> Ask:
    """The whole order with the change made, as if it were placed now."""
    quantity = order.quantity if change.quantity is None else Decimal(change.quantity)
    opens = order.does == "open"
    limited = OrderType.LIMIT if change.trigger is None else OrderType.STOP_LIMIT
    return _ask(
        account, request, intent_of(account.held, order.side, quantity, not opens), order.side,
        action="modify", orders=(order.client_order_id,), type=limited,
        time_in_force=TimeInForce.GTC, quantity=quantity, price=_decimal(change.price),
        trigger=_decimal(change.trigger), stop=_decimal(order.stop) if opens else None,
    )  # fmt: skip


def _protected(
    account: Account, request: Request, protect: Protect, gate: Gate
) -> Iterator[Answered]:
    if account.elsewhere if account.held else _said_elsewhere(account, request):
        return
    ask = _ask(
        account, request, Intent.ADJUST, _closing(account), action="protect",
        stop=_decimal(protect.stop), target=_decimal(protect.target),
    )  # fmt: skip
    yield _asked(ask, gate)


def _cancelled(
    account: Account, request: Request, cancel: CancelOrders, gate: Gate
) -> Iterator[Answered]:
    names, known = cancel.client_order_ids, {*account.state.pending, *_at_venue(account)}
    ended = list(_ended(account, request, names, gate))
    yield from ended
    missing = any(name not in known for name in names)
    if missing or (not names and cancel.symbol is not None and not ended):
        yield from _unknown(account, request)


def _flattened(
    account: Account, request: Request, flatten: Flatten, gate: Gate
) -> Iterator[Answered]:
    ended = list(_ended(account, request, (), gate))
    yield from ended
    here = account.held and not account.elsewhere
    nothing = not ended and not account.held and not _said_elsewhere(account, request)
    if here or (nothing and flatten.symbol is not None):
        yield _asked(_ask(account, request, Intent.CLOSE, _closing(account), 1), gate)


def _ended(
    account: Account, request: Request, names: tuple[str, ...], gate: Gate
) -> Iterator[Answered]:
    """What waits for a word is declined, what rests is cancelled: the named, or all but protection.

    By name the venue's other orders can be cancelled too.
    """
    state = account.state
    mine = [
        name for name, each in state.pending.items()
        if _here(account, each) and (name in names or not names)
    ]  # fmt: skip
    resting = [name for name in mine if state.pending[name].resting and name not in state.awaiting]
    resting += [name for name in names if name in _at_venue(account) and name not in mine]
    for name in [name for name in mine if name in state.awaiting]:
        take_waiting(account, name)
        yield _refused(account, request, Reason.DECLINED)
    if resting:
        orders, side = tuple(dict.fromkeys(resting)), _closing(account)
        ask = _ask(account, request, Intent.ADJUST, side, action="cancel", orders=orders)
        yield _asked(ask, gate)


def _approved(
    account: Account, request: Request, approve: Approve, gate: Gate
) -> Iterator[Answered]:
    name = approve.client_order_id
    command = account.state.awaiting.get(name)
    if command is None:
        yield from _gone(account, request, name)
    elif (command.venue, command.symbol) == (account.decision.venue, account.decision.symbol):
        take_waiting(account, name)
        ask = _again(account, request, command)
        if _moved(account, command):
            yield ask, Turned(Reason.POSITION_CHANGED)
        else:
            yield _asked(ask, gate)


def _moved(account: Account, command: OrderCommand) -> bool:
    """True when an entry would now be something else than it was when it was judged."""
    if command.intent not in (Intent.OPEN, Intent.ADD):
        return False
    now = intent_of(account.held, command.side, Decimal(command.quantity))
    return now is not command.intent


def _again(account: Account, request: Request, command: OrderCommand) -> Ask:
    """The command that waited, as a person asks for it now; all of the position where it closes."""
    quantity = None if command.intent is Intent.CLOSE else Decimal(command.quantity)
    ask = _ask(
        account, request, command.intent, command.side,
        action=command.action, orders=command.orders, type=command.type,
        time_in_force=command.time_in_force, quantity=quantity, price=_decimal(command.price),
        trigger=_decimal(command.trigger), post_only=command.post_only,
        stop=_decimal(command.stop), target=_decimal(command.target),
    )  # fmt: skip
    return replace(ask, strategy=command.strategy, identity=command.client_order_id)


def _rejected(account: Account, request: Request, name: str) -> Iterator[Answered]:
    command = account.state.awaiting.get(name)
    if command is None:
        yield from _gone(account, request, name)
    elif (command.venue, command.symbol) == (account.decision.venue, account.decision.symbol):
        take_waiting(account, name)
        yield _refused(account, request, Reason.DECLINED)


def _gone(account: Account, request: Request, name: str) -> Iterator[Answered]:
    """It does not wait: it was approved before, or nobody knows it."""
    order = account.state.pending.get(name)
    if order is None:
        yield from _unknown(account, request)
    elif _here(account, order):
        yield _refused(account, request, Reason.DUPLICATE)


def _unknown(account: Account, request: Request) -> Iterator[Answered]:
    if not _said_elsewhere(account, request):
        yield _refused(account, request, Reason.UNKNOWN_ORDER)


def _said_elsewhere(account: Account, request: Request) -> bool:
    """True when the symbol's market at another venue has handled the request already."""
    mine = _market(account)
    return any(
        symbol_of(market) == account.decision.symbol and at >= request.number
        for market, at in account.state.handled.items()
        if market != mine
    )


def _ask(
    account: Account, request: Request, intent: Intent, side: Side, leg: int = 0, **more: Any
) -> Ask:
    """What a person asks for; a position keeps the strategy that it belongs to."""
    name = client_order_id(f"{request.id}|{_market(account)}", account.state.account, leg)
    strategy = (account.owner if account.held else "") or PERSON
    return Ask(
        intent, side, strategy, origin="person", request=request.id, identity=name, **more
    )  # fmt: skip


def _asked(ask: Ask, gate: Gate) -> Answered:
    return ask, gate(ask)


def _refused(account: Account, request: Request, reason: Reason, *checks: Check) -> Answered:
    """What does not come as far as the gate."""
    return _ask(account, request, Intent.ADJUST, _closing(account)), Turned(reason, checks)


def _closing(account: Account) -> Side:
    return "sell" if account.held > 0 else "buy"


def _here(account: Account, order: Pending) -> bool:
    return (order.venue, order.symbol) == (account.decision.venue, account.decision.symbol)


def _at_venue(account: Account) -> tuple[str, ...]:
    """The ids that the market's venue has of the symbol, as far as the portfolio knows."""
    position = account.position
    return () if position is None or account.elsewhere else position.open_orders


def _market(account: Account) -> str:
    return f"{account.decision.venue}:{account.decision.symbol}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
