"""What an approval leaves in the account's state, and what a person's word does to what waits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.account import Account, Pending
from engine.answers import Approved, Turned
from engine.asks import Ask
from engine.spans import DAY
from schemas.decisions import Verdict
from schemas.orders import Intent, OrderCommand
from schemas.refusals import Reason

KEPT = 20
"""Entries whose sizes are remembered."""

KEPT_COMMANDS = 1000
"""Commands whose times are remembered: no storm limit beyond it is of use."""


def enter(account: Account, ask: Ask, approved: Approved, window: int) -> None:
    """The command is under way from now on (or waits for a person's word).

    window: ns for which the times of commands are looked at.
    """
    state, name = account.state, approved.command.client_order_id
    if ask.action == "modify":
        _modified(account, ask, approved)
    else:
        state.pending[name] = approved.pending
    if approved.awaiting:
        state.awaiting[name] = approved.command
    _count(account, approved, window)
    if ask.intent is Intent.OPEN:
        state.adds[approved.command.symbol] = 0
    elif ask.intent is Intent.REDUCE and ask.origin == "strategy":
        state.reduced.add(approved.command.symbol)
    elif ask.intent is Intent.ADD and ask.action == "place":
        symbol = approved.command.symbol
        state.adds[symbol] = state.adds.get(symbol, 0) + 1


def side_again(account: Account) -> None:
    """Take in what the decision says of the position: a verdict of its strategy for its own side
    ends what weak ones against it have begun, and so does its end.
    """
    decision, held = account.decision, account.held
    side = {Verdict.LONG: 1, Verdict.SHORT: -1}.get(decision.verdict, 0)
    if not held or (held * side > 0 and account.owner == decision.strategy):
        account.state.reduced.discard(decision.symbol)


def let_go(account: Account, name: str, request: str) -> Ask | Turned:
    """What waited under a client order id, to be asked again by a person, who has approved it."""
    command = _taken(account, name)
    if command is None:
        return Turned(Reason.UNKNOWN_ORDER)
    return replace(Ask.of(command), origin="person", request=request)


def turn_down(account: Account, name: str) -> Turned:
    """What waited under a client order id is dropped: a person has declined it."""
    found = _taken(account, name)
    return Turned(Reason.UNKNOWN_ORDER if found is None else Reason.DECLINED)


def _taken(account: Account, name: str) -> OrderCommand | None:
    """A command that waited for a word on this symbol; it waits and counts no longer."""
    command = account.state.awaiting.get(name)
    if command is None or command.symbol != account.decision.symbol:
        return None
    return take_waiting(account, name)


def take_waiting(account: Account, name: str) -> OrderCommand | None:
    """The command that waited under a client order id, no longer waiting nor counted; or None."""
    account.state.pending.pop(name, None)
    return account.state.awaiting.pop(name, None)


def _modified(account: Account, ask: Ask, approved: Approved) -> None:
    """Until the change is known to have been made, the order counts as the larger of the two."""
    pending = account.state.pending
    for name in ask.orders:
        before = pending.get(name)
        pending[name] = _larger(name, before, approved.pending)


def _larger(name: str, before: Pending | None, after: Pending) -> Pending:
    after = replace(after, client_order_id=name, command=_renamed(name, after.command))
    if before is None:
        return after
    return replace(
        after,
        margin=max(before.margin, after.margin),
        notional=max(before.notional, after.notional),
        loss=max(before.loss, after.loss),
        quantity=max(before.quantity, after.quantity),
    )


def _renamed(name: str, command: OrderCommand | None) -> OrderCommand | None:
    """The order as changed, under its own name: what a later change begins with."""
    if command is None:
        return None
    own = {"client_order_id": name, "action": "place", "orders": ()}
    return command.model_copy(update=own)


def _count(account: Account, approved: Approved, window: int) -> None:
    """Remember when commands were given and how large entries were, as far back as is looked at."""
    state, now = account.state, account.context.now
    recent = [at for at in state.commands if at > now - window]
    state.commands = [*recent, now][-KEPT_COMMANDS:]
    notional = approved.pending.notional
    if notional > Decimal(0):
        kept = [each for each in state.sizes if each[0] > now - DAY]
        state.sizes = [*kept, (now, notional)][-KEPT:]
