"""The gate once more, at the moment of sending: it may refuse or expire, never resize."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.risk.gate import Refused
from engine.risk.limits import RiskLimits
from engine.risk.money import MONEY, ZERO, at_most, check, margin_of, notional_of
from schemas.instruments import Instrument
from schemas.orders import Contract, OrderCommand, OrderType, TimeInForce
from schemas.refusals import Reason


@dataclass(frozen=True, slots=True)
class Holding:
    """At the moment of sending: signed quantity held, price in quote, and equity where known.

    resting: signed quantity of orders that would open or add and wait at the venue, or are on
    their way to it.
    """

    quantity: Decimal
    price: Decimal
    equity: Decimal | None = None
    resting: Decimal = ZERO


def recheck(
    command: OrderCommand,
    now: int,
    limits: RiskLimits | None = None,
    instrument: Instrument | None = None,
    holding: Holding | None = None,
) -> Refused | None:
    """Why `command` must not be sent at `now` (ns), or None; never another size.

    A cancel may always go; a change of orders or of protection, while it lives. Where the holding
    is given, a reducing order that executes at once needs a position as large on the other side,
    one that rests (or protects) any position there; an opening one none on the other side, and no
    more on its own than the gate had reckoned with (`after`). Whoever knows limits and equity at
    this moment gives them too, and growth beyond the caps is refused. instrument: where the command
    has no contract of its own.
    """
    if command.action == "cancel":
        return None
    if now > command.expires:
        late = check("lifetime", Decimal(now), Decimal(command.expires), False)
        return Refused(Reason.EXPIRED, (late,))
    if holding is None or command.action != "place":
        return None
    with localcontext(MONEY):
        signed = Decimal(command.quantity) * (1 if command.side == "buy" else -1)
        if command.reduce_only:
            return _reducing(command, signed, holding)
        if holding.quantity * signed < 0:
            return _changed(signed, holding)
        there = holding.quantity + (holding.resting if holding.resting * signed > 0 else 0)
        if command.after is not None and abs(there + signed) > Decimal(command.after):
            return _changed(signed, holding)
        if there == 0 or limits is None:
            return None
        return _overgrown(abs(there + signed), holding, limits, instrument or command.contract)


def rests(command: OrderCommand) -> bool:
    """True for an order that may wait at the venue for its price."""
    waits = command.time_in_force is TimeInForce.GTC and command.type is not OrderType.MARKET
    return waits or command.type in (OrderType.STOP, OrderType.STOP_LIMIT)


def _reducing(command: OrderCommand, signed: Decimal, holding: Holding) -> Refused | None:
    """The venue cuts a resting one to what is held when it executes."""
    against = holding.quantity * signed < 0
    late = command.role is not None or rests(command)
    fits = against and (late or abs(signed) <= abs(holding.quantity))
    return None if fits else _changed(signed, holding)


def _overgrown(
    quantity: Decimal, holding: Holding, limits: RiskLimits, traded: Instrument | Contract
) -> Refused | None:
    """Refuses where the position after the order would be beyond what one symbol may have."""
    notional = notional_of(quantity, holding.price, traded)
    checks = [at_most("notional", notional, limits.maximum_position_notional)]
    if holding.equity is not None:
        margin = margin_of(notional, traded.kind, limits.leverage)
        checks.append(at_most("symbol_cap", margin, holding.equity * limits.symbol_cap))
    if all(each.passed for each in checks):
        return None
    return Refused(Reason.SYMBOL_CAP, tuple(checks))


def _changed(signed: Decimal, holding: Holding) -> Refused:
    return Refused(Reason.POSITION_CHANGED, (check("position", signed, holding.quantity, False),))
