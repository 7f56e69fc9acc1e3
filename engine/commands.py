"""An approved ask as the command that is sent, and as the order under way that it becomes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.account import Account, Does, Pending
from engine.asks import Ask
from engine.identity import client_order_id
from engine.parts import styled
from engine.rules import Rules
from schemas.orders import Contract, Intent, OrderCommand


def command_of(
    account: Account, ask: Ask, rules: Rules, quantity: Decimal, contract: Contract
) -> OrderCommand:
    """The command that an approved ask becomes, of a quantity in base (contracts)."""
    decision, name = account.decision, account.state.account
    limits = rules.limits
    life = limits.approval_lifetime if waits(ask, rules) else limits.order_lifetime
    leaves = ask.intent in (Intent.CLOSE, Intent.REDUCE)
    return OrderCommand.own(
        client_order_id=ask.identity or client_order_id(decision.id, name, ask.leg),
        account=name,
        venue=decision.venue,
        symbol=decision.symbol,
        strategy=ask.strategy,
        action=ask.action,
        orders=ask.orders,
        contract=contract,
        intent=ask.intent,
        side=ask.side,
        type=ask.type,
        time_in_force=ask.time_in_force,
        quantity=format(quantity, "f"),
        price=text_of(ask.price),
        trigger=text_of(ask.trigger),
        **({} if leaves else _protection(ask)),
        reduce_only=leaves or ask.action == "protect",
        post_only=ask.post_only,
        style=styled(ask, account.instrument(decision.venue, decision.symbol)),
        expires=account.context.now + life,
    )


def _protection(ask: Ask) -> dict[str, Any]:
    """What its fills bring to the position."""
    return {
        "stop": text_of(ask.stop),
        "target": text_of(ask.target),
        "trailing": ask.trailing,
        "activation": ask.activation,
        "lasts": ask.lasts,
    }


def pending_of(command: OrderCommand, ask: Ask) -> Pending:
    """The command as an order under way that binds nothing yet."""
    return Pending(
        command.client_order_id,
        command.venue,
        command.symbol,
        command.side,
        command.expires,
        _does(ask),
        ask.rests,
        stop=command.stop,
        command=command if ask.rests else None,
    )


def _does(ask: Ask) -> Does:
    if ask.action in ("cancel", "protect"):
        return "change" if ask.action == "cancel" else "protect"
    return "open" if ask.intent in (Intent.OPEN, Intent.ADD) else "reduce"


def waits(ask: Ask, rules: Rules) -> bool:
    """True for a strategy's command that a person must approve first."""
    return rules.semi_automatic and ask.origin == "strategy"


def text_of(price: Decimal | None) -> str | None:
    """A price in plain digits, None for none."""
    return None if price is None else format(price, "f")
