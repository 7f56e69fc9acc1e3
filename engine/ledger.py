"""What an approval leaves in the account's state, and what a person's word does to what waits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.account import Account, Pending
from engine.answers import Approved
from engine.asks import Ask
from schemas.orders import Intent, OrderCommand

DAY = 86_400 * 10**9
KEPT = 20
"""Entries whose sizes are remembered."""

KEPT_COMMANDS = 1000
"""Commands whose times are remembered: no storm limit beyond it is of use."""


def enter(account: Account, ask: Ask, approved: Approved) -> None:
    """The command is under way from now on (or waits for a person's word)."""
    state, name = account.state, approved.command.client_order_id
    if ask.action == "modify":
        _modified(account, ask, approved)
    else:
        state.pending[name] = approved.pending
    if approved.awaiting:
        state.awaiting[name] = approved.command
    _count(account, approved)
    if ask.intent is Intent.OPEN:
        state.adds[approved.command.symbol] = 0
    elif ask.intent is Intent.ADD and ask.action == "place":
        symbol = approved.command.symbol
        state.adds[symbol] = state.adds.get(symbol, 0) + 1


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
    after = replace(after, client_order_id=name, resting=True)
    if before is None:
        return after
    return replace(
        after,
        margin=max(before.margin, after.margin),
        notional=max(before.notional, after.notional),
        loss=max(before.loss, after.loss),
    )


def _count(account: Account, approved: Approved) -> None:
    """Remember when commands were given and how large entries were, as far back as is looked at."""
    state, now = account.state, account.context.now
    state.commands = [*state.commands, now][-KEPT_COMMANDS:]
    notional = approved.pending.notional
    if notional > Decimal(0):
        kept = [each for each in state.sizes if each[0] > now - DAY]
        state.sizes = [*kept, (now, notional)][-KEPT:]
