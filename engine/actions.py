"""What a strategy's decision asks of an account, given what the account holds of the symbol.

| verdict     | flat | same side held                  | opposite side held            |
|-------------|------|---------------------------------|-------------------------------|
| long, short | OPEN | ADD (pyramiding), else ADJUST   | CLOSE, or REDUCE when it is   |
|             |      | (trailing), else refused        | weak and `reduce` is set      |
| exit        | -    | CLOSE                           | CLOSE                         |
| hold        | -    | -                               | -                             |

A weak opposite verdict halves once; more of them say nothing new, and are refused as weak until a
verdict for the position's own side has come between. A strong one closes at any time.

A position belongs to the strategy that opened it: others may not touch it.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from engine.account import Account
from engine.asks import Ask
from engine.risk import Refused
from engine.risk.money import at_least, at_most
from engine.rules import Rules
from schemas.decisions import Decision, Verdict
from schemas.instruments import Instrument
from schemas.orders import Check, Intent
from schemas.refusals import Reason
from schemas.ticks import Side

SIDES: dict[Verdict, Side] = {Verdict.LONG: "buy", Verdict.SHORT: "sell"}
STOP, TARGET = Decimal(3), Decimal(6)
"""Percent of the entry, where neither decision nor settings say where to leave."""


def asked(account: Account, rules: Rules) -> tuple[Ask, ...] | Refused | None:
    """What the decision asks for, the first choice first; None where that is nothing."""
    decision = account.decision
    if decision.reason is not None:
        return Refused(decision.reason)
    owner = account.owner if account.held else ""
    foreign = owner not in ("", decision.strategy)
    if decision.clock or decision.verdict is Verdict.HOLD:
        return None
    if not rules.trades(decision.symbol) and owner != decision.strategy:
        return None
    if any(account.under_way("open", "reduce")):
        return Refused(Reason.ORDER_PENDING)
    if decision.verdict is Verdict.EXIT:
        leaves = account.held and not account.elsewhere and not foreign
        return (_leave(account),) if leaves else None
    if foreign:
        found = Check(name="strategy", value=decision.strategy, limit=owner, passed=False)
        return Refused(Reason.OTHER_STRATEGY, (found,))
    return _entering(account, rules, SIDES[decision.verdict])


def _entering(account: Account, rules: Rules, side: Side) -> tuple[Ask, ...] | Refused | None:
    if not account.held:
        if not rules.trades(account.decision.symbol):
            return None
        pending = any(account.under_way("open", resting=True))
        return Refused(Reason.ORDER_PENDING) if pending else (_entry(account, Intent.OPEN, side),)
    if account.elsewhere:
        return Refused(Reason.ALREADY_IN_POSITION)
    if (account.held > 0) == (side == "buy"):
        return _more(account, rules, side)
    strong = at_least("strength", _exact(account.decision.strength), rules.limits.minimum_strength)
    if strong.passed or not rules.strategy.reduce:
        return (_leave(account),)
    if account.decision.symbol in account.state.reduced:
        return Refused(Reason.WEAK_SIGNAL, (strong,))
    return (_leave(account, Intent.REDUCE),)


def _more(account: Account, rules: Rules, side: Side) -> tuple[Ask, ...] | Refused:
    """The position's own side again: add, or else move the stop, or else refuse."""
    choices: list[Ask] = []
    refusal = Refused(Reason.ALREADY_IN_POSITION)
    if rules.strategy.pyramiding and rules.trades(account.decision.symbol):
        done = account.state.adds.get(account.decision.symbol, 0)
        room = at_most("adds", Decimal(done + 1), Decimal(rules.strategy.maximum_adds))
        refusal = Refused(Reason.ALREADY_IN_POSITION, (room,))
        if room.passed and not any(account.under_way("open", resting=True)):
            choices.append(_entry(account, Intent.ADD, side))
    if rules.strategy.trailing:
        tighter = _trail(account, rules, side)
        choices += [tighter] if tighter is not None else []
    return tuple(choices) or refusal


def _trail(account: Account, rules: Rules, side: Side) -> Ask | None:
    """The stop moved up (down for a short) by at least a tick, or None."""
    decision, position = account.decision, account.position
    instrument = account.instrument(decision.venue, decision.symbol)
    if instrument is None or position is None or any(account.under_way("protect")):
        return None
    entry = Decimal(decision.entry or 0)
    stop, _ = prices(side, entry, _decimal(decision.stop), None, account, rules, instrument)
    if position.stop is not None:
        gain = stop - Decimal(position.stop) if side == "buy" else Decimal(position.stop) - stop
        if gain < Decimal(instrument.tick_size):
            return None
    closing: Side = "sell" if side == "buy" else "buy"
    return Ask(Intent.ADJUST, closing, decision.strategy, action="protect", entry=entry, stop=stop)


def _entry(account: Account, intent: Intent, side: Side) -> Ask:
    decision = account.decision
    return Ask(
        intent,
        side,
        decision.strategy,
        entry=Decimal(decision.entry or 0),
        stop=_decimal(decision.stop),
        target=_decimal(decision.target),
        strength=_exact(decision.strength),
        confidence=_exact(decision.confidence),
    )


def _leave(account: Account, intent: Intent = Intent.CLOSE) -> Ask:
    side: Side = "sell" if account.held > 0 else "buy"
    return Ask(intent, side, account.decision.strategy)


def prices(
    side: Side,
    entry: Decimal,
    stop: Decimal | None,
    target: Decimal | None,
    account: Account,
    rules: Rules,
    instrument: Instrument,
) -> tuple[Decimal, Decimal]:
    """Stop and target in quote: at the account's distances where it has any, else as given, else
    3 and 6 percent from the entry. New ones are rounded away from the entry to whole ticks.
    """
    own, limits, decision = rules.strategy, rules.limits, account.decision
    down = _distance(entry, decision, own.stop_atr, own.stop_percent or limits.stop_percent)
    up = _distance(entry, decision, own.target_atr, own.target_percent or limits.target_percent)
    tick, sign = Decimal(instrument.tick_size), Decimal(1 if side == "buy" else -1)
    if down is not None or stop is None:
        stop = _stepped(entry - sign * (down or entry * STOP / 100), tick, side == "sell")
    if up is not None or target is None:
        target = _stepped(entry + sign * (up or entry * TARGET / 100), tick, side == "buy")
    return stop, target


def _distance(
    entry: Decimal, decision: Decision, multiple: Decimal | None, percent: Decimal | None
) -> Decimal | None:
    if multiple is not None and decision.atr is not None and decision.atr > 0:
        return Decimal(repr(decision.atr)) * multiple
    return None if percent is None else entry * percent / 100


def _stepped(price: Decimal, tick: Decimal, up: bool) -> Decimal:
    """The price in whole ticks."""
    rounding = ROUND_CEILING if up else ROUND_FLOOR
    return ((price / tick).to_integral_value(rounding) * tick).normalize()


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _exact(value: float | None) -> Decimal:
    """A published float as the Decimal that its text says; zero for None."""
    return Decimal(0) if value is None else Decimal(repr(value))
