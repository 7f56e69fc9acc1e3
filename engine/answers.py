"""The one gate that everything asked of an account passes, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from engine.account import ZERO, Account, Pending
from engine.actions import prices
from engine.asks import Ask, mid_of, trailed
from engine.commands import command_of, pending_of, text_of, waits
from engine.parts import too_small
from engine.risk import Entry, Refused, Sized, Standing, contract_of, size
from engine.risk.abnormal import far
from engine.risk.money import at_least, check
from engine.risk.score import assess, without_symbol
from engine.rules import Rules
from engine.standing import contract_held, reckoned, standing_of
from engine.values import value
from engine.watch import blocked, near_liquidation
from schemas.instruments import Instrument
from schemas.orders import Assessment, Check, Contract, Intent, OrderCommand
from schemas.refusals import Reason
from schemas.ticks import Side


@value(frozen=True, slots=True)
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
    if rules.manual and ask.origin == "strategy":
        found = Check(name="mode", value="manual", limit="automatic", passed=False)
        return Turned(Reason.MANUAL_MODE, (found,))
    if ask.action == "cancel":
        return _cancel(account, ask, rules)
    if ask.action == "modify":
        order = account.state.pending.get(ask.orders[0]) if ask.orders else None
        if order is None or order.command is None:
            return Turned(Reason.UNKNOWN_ORDER)
        ask = _changed(ask, order.command)
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
    given = ask
    stop, target = prices(ask.side, price, ask.stop, ask.target, account, rules, instrument)
    if ask.origin == "person":
        stop = ask.stop or trailed(ask, price, Decimal(instrument.tick_size)) or stop
        target = ask.target or target
    ask = replace(ask, stop=stop, target=target)
    standing = standing_of(account, equity, rules.limits, ask.side, stop, ask.orders)
    sized = size(_entry(account, ask, price, rules), instrument, standing, rules.limits)
    if isinstance(sized, Refused):
        left = without_symbol(standing, rules.limits)
        score = assess(left, ZERO, standing, rules.limits)
        return Turned(sized.reason, sized.checks, score)
    small = too_small(ask, instrument, rules.limits.leverage)
    if small is not None:
        return turned(small)
    contract = contract_of(instrument, rules.limits.leverage)
    found = _entering(account, ask, rules, sized, standing, contract)
    return replace(found, pending=_as_given(found.pending, given))


def _entering(
    account: Account, ask: Ask, rules: Rules, sized: Sized, standing: Standing, contract: Contract
) -> Approved:
    command = command_of(account, ask, rules, sized.quantity, contract)
    after = format(reckoned(account, ask) + sized.quantity, "f")
    command = command.model_copy(update={"after": after})
    pending = replace(
        pending_of(command, ask),
        margin=sized.margin,
        notional=sized.notional,
        loss=sized.loss,
        quantity=sized.quantity,
    )
    score = assess(dict(sized.shares), sized.quantity, standing, rules.limits)
    return Approved(command, pending, sized.checks, score, waits(ask, rules))


def _as_given(pending: Pending, given: Ask) -> Pending:
    """With the stop and target that were asked for: default ones move with a change of price."""
    if pending.command is None:
        return pending
    asked = {"stop": text_of(given.stop), "target": text_of(given.target)}
    return replace(pending, command=pending.command.model_copy(update=asked))


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
    return Refused(Reason.ORDER_PENDING) if _busy(account, ask) else None


def _busy(account: Account, ask: Ask) -> bool:
    """True while another order of the symbol is on its way: what is held is not known. What waits
    for a person keeps only strategies.
    """
    others = account.under_way("open", "reduce", waiting=ask.origin == "strategy")
    return any(each.client_order_id not in ask.orders for each in others)


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
    if _busy(account, ask):
        return Turned(Reason.ORDER_PENDING)
    mid, decision = mid_of(account.decision), account.decision
    named = None if mid is None else ask.named(mid)
    if mid is not None and named is not None:
        reason, found = far(named, mid, ask.rests, rules.limits)
        if not found.passed:
            return Turned(reason, (found,))
    instrument = account.instrument(decision.venue, decision.symbol)
    small = too_small(ask, instrument, rules.limits.leverage)
    if small is not None:
        return turned(small)
    quantity = _share(account, ask, instrument)
    if quantity <= 0:
        return Turned(Reason.BELOW_LOT, (at_least("quantity", ask.quantity or ZERO, quantity),))
    return _leaving(account, ask, rules, quantity)


def _leaving(account: Account, ask: Ask, rules: Rules, quantity: Decimal) -> Approved:
    assert account.position is not None
    contract = contract_held(account, account.position, rules.limits)
    command = command_of(account, ask, rules, quantity, contract)
    held: Side = "buy" if account.held > 0 else "sell"
    standing = standing_of(account, account.equity or ZERO, rules.limits, held)
    score = assess(without_symbol(standing, rules.limits), quantity, standing, rules.limits)
    return Approved(command, pending_of(command, ask), (), score, waits(ask, rules))


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


def _cancel(account: Account, ask: Ask, rules: Rules) -> Approved:
    """Nothing stands against it."""
    command = command_of(account, ask, rules, ask.quantity or ZERO, Contract())
    return Approved(command, pending_of(command, ask))


def _changed(ask: Ask, order: OrderCommand) -> Ask:
    """The order as the ask wants it to be."""
    before = Ask.of(order)
    return replace(
        before,
        origin=ask.origin,
        action=ask.action,
        orders=ask.orders,
        quantity=ask.quantity or before.quantity,
        price=ask.price or before.price,
        trigger=ask.trigger or before.trigger,
        request=ask.request,
        identity=ask.identity,
        leg=ask.leg,
    )
