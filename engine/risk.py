"""The risk gate: how large an order may be, or why there is none. Pure, in Decimal throughout.

`size` is asked once, where a decision becomes an order. `recheck` is asked again at the moment of
sending: it may refuse or let the order expire, never resize it.

Units: prices in quote per base, quantities in base (or contracts), money in quote. With contract
size c, entry p and stop s, one unit of quantity has

    notional  c * p  (inverse contracts: c, which is in quote already)
    loss      c * |p - s|  (inverse: c * |p - s| / p, the loss in base valued at the stop)
    margin    notional / leverage  (spot: notional)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from pydantic import BaseModel, ConfigDict, Field

from schemas.instruments import Instrument, InstrumentStatus, Kind
from schemas.orders import Check, OrderCommand
from schemas.refusals import Reason
from schemas.ticks import Side

MONEY = Context(prec=40, rounding=ROUND_HALF_EVEN)
"""Whatever else in the process does with Decimal's own context, money is reckoned in this one."""

TOLD = Context(prec=12, rounding=ROUND_HALF_EVEN)


class RiskLimits(BaseModel):
    """Limits of one account. Shares are of equity, money is in quote.

    risk_per_trade: lost when the stop is hit; symbol_cap: initial margin of one symbol (spot:
    notional); maximum_positions: symbols held or ordered at once; order_lifetime: ns from the
    decision after which a command must not be sent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    risk_per_trade: Decimal = Field(default=Decimal("0.02"), gt=0, le=1)
    symbol_cap: Decimal = Field(default=Decimal("0.15"), gt=0, le=1)
    maximum_position_notional: Decimal = Field(default=Decimal(1000), gt=0)
    maximum_positions: int = Field(default=10, ge=0)
    leverage: Decimal = Field(default=Decimal(10), ge=1, le=20)
    minimum_strength: Decimal = Field(default=Decimal("0.65"), ge=0, le=1)
    minimum_confidence: Decimal = Field(default=Decimal("0.5"), ge=0, le=1)
    order_lifetime: int = Field(default=5_000_000_000, gt=0)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is asked for: a side with its entry and stop, and how sure the decision was (0 to 1)."""

    side: Side
    price: Decimal
    stop: Decimal
    strength: Decimal
    confidence: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the account stands: equity, margin in use and number of the other symbols' positions.

    Orders under way count as positions that are there already.
    """

    equity: Decimal
    margin: Decimal = Decimal(0)
    positions: int = 0


@dataclass(frozen=True, slots=True)
class Sized:
    """The gate is passed: a quantity in whole lots, its notional and margin, and every figure."""

    quantity: Decimal
    notional: Decimal
    margin: Decimal
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The gate is shut: why, and every figure up to the one that failed."""

    reason: Reason
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Holding:
    """At the moment of sending: signed quantity held, price in quote, and equity where known."""

    quantity: Decimal
    price: Decimal
    equity: Decimal | None = None


def size(
    entry: Entry, instrument: Instrument, standing: Standing, limits: RiskLimits
) -> Sized | Refused:
    """The largest quantity that no limit forbids, floored to the lot; or the first refusal."""
    with localcontext(MONEY):
        checks: list[Check] = []
        for reason, check in _conditions(entry, instrument, standing, limits):
            checks.append(check)
            if not check.passed:
                return Refused(reason, tuple(checks))
        return _sized(entry, instrument, standing, limits, checks)


def recheck(
    command: OrderCommand,
    now: int,
    limits: RiskLimits | None = None,
    instrument: Instrument | None = None,
    holding: Holding | None = None,
) -> Refused | None:
    """Why `command` must not be sent at `now` (ns), or None; never another size.

    Where the holding is given, a reducing order needs a position as large on the other side, an
    opening one none on the other side, and growth beyond the caps needs limits and instrument.
    """
    if now > command.expires:
        return Refused(
            Reason.EXPIRED, (_check("lifetime", Decimal(now), Decimal(command.expires), False),)
        )
    if holding is None:
        return None
    with localcontext(MONEY):
        signed = Decimal(command.quantity) * (1 if command.side == "buy" else -1)
        against = holding.quantity * signed < 0
        if command.reduce_only:
            fits = against and abs(signed) <= abs(holding.quantity)
            return None if fits else _changed(signed, holding)
        if against:
            return _changed(signed, holding)
        if holding.quantity == 0 or limits is None or instrument is None:
            return None
        return _overgrown(abs(holding.quantity + signed), holding, limits, instrument)


def margin_of(notional: Decimal, kind: Kind, leverage: Decimal) -> Decimal:
    """Initial margin of a notional: all of it for spot."""
    return notional if kind is Kind.SPOT else MONEY.divide(notional, leverage)


def notional_of(quantity: Decimal, price: Decimal, instrument: Instrument) -> Decimal:
    """Value in quote of an unsigned quantity."""
    value = MONEY.multiply(quantity, Decimal(instrument.contract_size))
    return value if instrument.kind is Kind.INVERSE else MONEY.multiply(value, price)


def _conditions(
    entry: Entry, instrument: Instrument, standing: Standing, limits: RiskLimits
) -> Iterator[tuple[Reason, Check]]:
    """What must hold whatever the size, in the order in which it is looked at."""
    price, stop = entry.price, entry.stop
    trading = instrument.status is InstrumentStatus.TRADING
    yield (
        Reason.NOT_TRADING,
        Check(name="status", value=instrument.status, limit="trading", passed=trading),
    )
    shortable = entry.side == "buy" or instrument.kind is not Kind.SPOT
    yield (
        Reason.UNSUPPORTED,
        Check(name="side", value=entry.side, limit=instrument.kind, passed=shortable),
    )
    protected = 0 < stop < price if entry.side == "buy" else 0 < price < stop
    yield Reason.STOP_REVERSED, _check("stop", stop, price, protected)
    yield Reason.NO_EQUITY, _check("equity", standing.equity, Decimal(0), standing.equity > 0)
    yield (
        Reason.WEAK_SIGNAL,
        _at_least("strength", entry.strength, limits.minimum_strength),
    )
    yield (
        Reason.LOW_CONFIDENCE,
        _at_least("confidence", entry.confidence, limits.minimum_confidence),
    )
    yield (
        Reason.TOO_MANY_POSITIONS,
        _at_most("positions", Decimal(standing.positions + 1), Decimal(limits.maximum_positions)),
    )
    free = standing.equity - standing.margin
    yield Reason.LEVERAGE_CAP, _check("free_margin", free, Decimal(0), free > 0)


def _sized(
    entry: Entry,
    instrument: Instrument,
    standing: Standing,
    limits: RiskLimits,
    checks: list[Check],
) -> Sized | Refused:
    one = Decimal(1)
    notional = notional_of(one, entry.price, instrument)
    margin = margin_of(notional, instrument.kind, limits.leverage)
    caps = (
        ("risk", _loss(entry, instrument), standing.equity * limits.risk_per_trade),
        ("symbol_cap", margin, standing.equity * limits.symbol_cap),
        ("notional", notional, limits.maximum_position_notional),
        ("margin", margin, standing.equity - standing.margin),
    )
    lot = Decimal(instrument.lot_size)
    quantity = min(cap / unit for _, unit, cap in caps) // lot * lot
    checks += [_at_most(name, quantity * unit, cap) for name, unit, cap in caps]
    for reason, check in _minimums(quantity, quantity * notional, instrument):
        checks.append(check)
        if not check.passed:
            return Refused(reason, tuple(checks))
    return Sized(quantity, quantity * notional, quantity * margin, tuple(checks))


def _loss(entry: Entry, instrument: Instrument) -> Decimal:
    """What one unit of quantity loses in quote when the stop is hit."""
    loss = Decimal(instrument.contract_size) * abs(entry.price - entry.stop)
    return loss / entry.price if instrument.kind is Kind.INVERSE else loss


def _minimums(
    quantity: Decimal, notional: Decimal, instrument: Instrument
) -> Iterator[tuple[Reason, Check]]:
    least = max(Decimal(instrument.lot_size), Decimal(instrument.minimum_quantity))
    yield Reason.BELOW_LOT, _at_least("quantity", quantity, least)
    if instrument.minimum_notional is not None:
        yield (
            Reason.BELOW_MINIMUM_NOTIONAL,
            _at_least("minimum_notional", notional, Decimal(instrument.minimum_notional)),
        )


def _overgrown(
    quantity: Decimal, holding: Holding, limits: RiskLimits, instrument: Instrument
) -> Refused | None:
    """Refuses where the position after the order would be beyond what one symbol may have."""
    notional = notional_of(quantity, holding.price, instrument)
    checks = [_at_most("notional", notional, limits.maximum_position_notional)]
    if holding.equity is not None:
        margin = margin_of(notional, instrument.kind, limits.leverage)
        checks.append(_at_most("symbol_cap", margin, holding.equity * limits.symbol_cap))
    if all(check.passed for check in checks):
        return None
    return Refused(Reason.SYMBOL_CAP, tuple(checks))


def _changed(signed: Decimal, holding: Holding) -> Refused:
    return Refused(Reason.POSITION_CHANGED, (_check("position", signed, holding.quantity, False),))


def _at_least(name: str, value: Decimal, limit: Decimal) -> Check:
    return _check(name, value, limit, value >= limit)


def _at_most(name: str, value: Decimal, limit: Decimal) -> Check:
    return _check(name, value, limit, value <= limit)


def _check(name: str, value: Decimal, limit: Decimal, passed: bool) -> Check:
    return Check(name=name, value=_told(value), limit=_told(limit), passed=passed)


def _told(value: Decimal) -> str:
    """A figure in plain digits, at most 12 significant ones."""
    return format(TOLD.plus(value), "f")
