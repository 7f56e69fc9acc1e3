"""The one gate that everything asked of an account passes, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from engine.account import ZERO, Account, Does, Pending
from engine.actions import prices
from engine.asks import Ask, mid_of
from engine.identity import client_order_id
from engine.risk import Entry, Refused, Sized, Standing, contract_of, size
from engine.risk.abnormal import far
from engine.risk.money import at_least, check
from engine.risk.score import assess, without_symbol
from engine.rules import Rules
from engine.standing import contract_held, standing_of
from engine.watch import blocked, near_liquidation
from schemas.instruments import Instrument
from schemas.orders import Assessment, Check, Contract, Intent, OrderCommand
from schemas.refusals import Reason
from schemas.ticks import Side


@dataclass(frozen=True, slots=True)
class Approved:
    """The gate let it pass: the command, what it binds while under way, and the figures.

    awaiting: it must wait for a person's word.
    """

    command: OrderCommand
    pending: Pending
    checks: tuple[Check, ...] = ()
    assessment: Assessment | None = None
    awaiting: bool = False


@dataclass(frozen=True, slots=True)
class Turned:
    """A refusal with the assessment of what was asked for."""

    reason: Reason
    checks: tuple[Check, ...] = ()
    assessment: Assessment | None = None


Answer = Approved | Turned | None
"""What the account does about what was asked; None where nothing was."""


def answer(account: Account, ask: Ask, rules: Rules) -> Approved | Turned:
    """The gate's answer; nothing of the state is changed. Must run in the context MONEY."""
    found = _answered(account, ask, rules)
    before = (*rules.ignored, *ask.checks)
    return replace(found, checks=(*before, *found.checks)) if before else found


def turned(refused: Refused) -> Turned:
    """A refusal that has nothing to assess."""
    return Turned(refused.reason, refused.checks)


def _answered(account: Account, ask: Ask, rules: Rules) -> Approved | Turned:
    if ask.action == "cancel":
        return _change(account, ask, rules)
    if ask.action == "protect":
        return _protect(account, ask, rules)
    if ask.intent in (Intent.CLOSE, Intent.REDUCE):
        return _leave(account, ask, rules)
    return _enter(account, ask, rules)


def _enter(account: Account, ask: Ask, rules: Rules) -> Approved | Turned:
    """Open, add, or change an order that would: sized to the tightest cap."""
    shut = blocked(account, rules.limits) or _barred(account, ask, rules)
    if shut is not None:
        return turned(shut)
    decision, equity = account.decision, account.equity
    instrument = account.instrument(decision.venue, decision.symbol)
    if instrument is None:
        return Turned(Reason.NO_INSTRUMENT)
    if equity is None:
        return Turned(Reason.NO_EQUITY)
    price = ask.worst(decision)
    if price is None:
        return Turned(Reason.NO_BOOK)
    stop, target = prices(ask.side, price, ask.stop, ask.target, account, rules, instrument)
    ask = replace(ask, stop=stop, target=target)
    standing = standing_of(account, equity, rules.limits, ask.side, stop, ask.orders)
    sized = size(_entry(account, ask, price, rules), instrument, standing, rules.limits)
    if isinstance(sized, Refused):
        left = without_symbol(standing, rules.limits)
        score = assess(left, ZERO, standing, rules.limits)
        return Turned(sized.reason, sized.checks, score)
    contract = contract_of(instrument, rules.limits.leverage)
    return _entering(account, ask, rules, sized, standing, contract)


def _entering(
    account: Account, ask: Ask, rules: Rules, sized: Sized, standing: Standing, contract: Contract
) -> Approved:
    command = _command(account, ask, rules, sized.quantity, contract)
    pending = replace(
        _pending(command, ask), margin=sized.margin, notional=sized.notional, loss=sized.loss
    )
    score = assess(dict(sized.shares), sized.quantity, standing, rules.limits)
    return Approved(command, pending, sized.checks, score, _waits(ask, rules))


def _barred(account: Account, ask: Ask, rules: Rules) -> Refused | None:
    """What keeps this ask out beside the account's own state."""
    if ask.origin == "strategy" and rules.stopped:
        found = Check(name="strategy", value="stopped", limit="started", passed=False)
        return Refused(Reason.STRATEGY_STOPPED, (found,))
    near = near_liquidation(account)
    if near is not None:
        return Refused(Reason.LIQUIDATION_NEAR, (near,))
    if account.elsewhere and account.held:
        return Refused(Reason.ALREADY_IN_POSITION)
    kinds = [each for each in account.under_way("open", "reduce") if not _named(ask, each)]
    return Refused(Reason.ORDER_PENDING) if kinds else None


def _named(ask: Ask, order: Pending) -> bool:
    return order.client_order_id in ask.orders


def _entry(account: Account, ask: Ask, price: Decimal, rules: Rules) -> Entry:
    mid = mid_of(account.decision)
    kelly = rules.strategy.kelly if ask.origin == "strategy" else None
    return Entry(
        ask.side,
        price,
        ask.stop or ZERO,
        ask.strength,
        ask.confidence,
        ask.target,
        ask.quantity,
        rules.strategy.risk if kelly is None else kelly,
        mid,
        ask.rests,
        None if mid is None else ask.named(mid),
    )


def _leave(account: Account, ask: Ask, rules: Rules) -> Approved | Turned:
    """All or part of the position, whatever the limits say: leaving is always allowed."""
    if not account.held or account.elsewhere or (account.held > 0) == (ask.side == "buy"):
        position = check("position", account.held, ask.quantity or ZERO, False)
        return Turned(Reason.NO_POSITION, (position,))
    if ask.action == "place" and any(account.under_way("open", "reduce")):
        return Turned(Reason.ORDER_PENDING)
    mid, decision = mid_of(account.decision), account.decision
    named = None if mid is None else ask.named(mid)
    if mid is not None and named is not None:
        reason, found = far(named, mid, ask.rests, rules.limits)
        if not found.passed:
            return Turned(reason, (found,))
    quantity = _share(account, ask, account.instrument(decision.venue, decision.symbol))
    if quantity <= 0:
        return Turned(Reason.BELOW_LOT, (at_least("quantity", ask.quantity or ZERO, quantity),))
    return _leaving(account, ask, rules, quantity)


def _leaving(account: Account, ask: Ask, rules: Rules, quantity: Decimal) -> Approved:
    assert account.position is not None
    contract = contract_held(account, account.position, rules.limits)
    command = _command(account, ask, rules, quantity, contract)
    held: Side = "buy" if account.held > 0 else "sell"
    standing = standing_of(account, account.equity or ZERO, rules.limits, held)
    score = assess(without_symbol(standing, rules.limits), quantity, standing, rules.limits)
    return Approved(command, _pending(command, ask), (), score, _waits(ask, rules))


def _share(account: Account, ask: Ask, instrument: Instrument | None) -> Decimal:
    """What is left of the position: the part in whole lots, all where the rest would be none."""
    held = abs(account.held)
    if ask.intent is Intent.CLOSE and (ask.quantity is None or ask.quantity >= held):
        return held
    wanted = min(held, held / 2 if ask.quantity is None else ask.quantity)
    lot = Decimal(instrument.lot_size) if instrument is not None else ZERO
    part = wanted // lot * lot if lot > 0 else wanted
    return held if part <= 0 and ask.quantity is None else part


def _protect(account: Account, ask: Ask, rules: Rules) -> Approved | Turned:
    """A new stop or target for the position; both on their sides of the market."""
    if not account.held or account.elsewhere or account.position is None:
        return Turned(Reason.NO_POSITION)
    buy = account.held > 0
    price = mid_of(account.decision) or ask.entry
    if price is None:
        return Turned(Reason.NO_BOOK)
    checks = []
    if ask.stop is not None:
        good = 0 < ask.stop < price if buy else ask.stop > price
        checks.append(check("stop", ask.stop, price, good))
    if ask.target is not None:
        good = ask.target > price if buy else 0 < ask.target < price
        checks.append(check("target", ask.target, price, good))
    if not all(each.passed for each in checks):
        return Turned(Reason.STOP_REVERSED, tuple(checks))
    leaving = _leaving(account, ask, rules, abs(account.held))
    return replace(leaving, checks=tuple(checks))


def _change(account: Account, ask: Ask, rules: Rules) -> Approved:
    """A cancel: nothing stands against it."""
    command = _command(account, ask, rules, ask.quantity or ZERO, Contract())
    return Approved(command, _pending(command, ask))


def _command(
    account: Account, ask: Ask, rules: Rules, quantity: Decimal, contract: Contract
) -> OrderCommand:
    decision, name = account.decision, account.state.account
    manual = _waits(ask, rules)
    life = rules.limits.approval_lifetime if manual else rules.limits.order_lifetime
    leaves = ask.intent in (Intent.CLOSE, Intent.REDUCE)
    return OrderCommand(
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
        price=_text(ask.price),
        trigger=_text(ask.trigger),
        stop=None if leaves else _text(ask.stop),
        target=None if leaves else _text(ask.target),
        reduce_only=leaves or ask.action == "protect",
        post_only=ask.post_only,
        expires=account.context.now + life,
    )


def _pending(command: OrderCommand, ask: Ask) -> Pending:
    return Pending(
        command.client_order_id,
        command.venue,
        command.symbol,
        command.side,
        command.expires,
        _does(ask),
        ask.rests,
        stop=command.stop,
        quantity=Decimal(command.quantity),
    )


def _does(ask: Ask) -> Does:
    if ask.action in ("cancel", "protect"):
        return "change" if ask.action == "cancel" else "protect"
    return "open" if ask.intent in (Intent.OPEN, Intent.ADD) else "reduce"


def _waits(ask: Ask, rules: Rules) -> bool:
    """True for a strategy's command that a person must approve first."""
    return rules.manual and ask.origin == "strategy"


def _text(price: Decimal | None) -> str | None:
    return None if price is None else format(price, "f")
