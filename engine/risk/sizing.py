"""How large an order may be: the risk to its stop, shrunk to the tightest cap, in whole lots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import NamedTuple

from engine.risk.abnormal import unusual
from engine.risk.gate import Entry, Refused, Standing, conditions
from engine.risk.limits import RiskLimits
from engine.risk.money import MONEY, ZERO, at_least, at_most, check, loss_of, margin_of, notional_of
from schemas.instruments import Instrument
from schemas.orders import Check
from schemas.refusals import Reason

ONE = Decimal(1)


class Cap(NamedTuple):
    """One limit on the size: what a unit of quantity takes of it, what is taken, and all of it.

    reason: why there is no order where what is taken leaves too little.
    """

    name: str
    reason: Reason
    unit: Decimal
    used: Decimal
    most: Decimal

    def check(self, quantity: Decimal) -> Check:
        """The figure with the order."""
        return at_most(self.name, self.used + quantity * self.unit, self.most)


@dataclass(frozen=True, slots=True)
class Sized:
    """The gate is passed: a quantity in whole lots, its notional, margin and loss at the stop.

    shares: how much of each cap is taken with the order, 0 to 1.
    """

    quantity: Decimal
    notional: Decimal
    margin: Decimal
    checks: tuple[Check, ...]
    loss: Decimal = ZERO
    shares: tuple[tuple[str, Decimal], ...] = ()


def size(
    entry: Entry, instrument: Instrument, standing: Standing, limits: RiskLimits
) -> Sized | Refused:
    """The largest quantity that no limit forbids, floored to the lot; or the first refusal."""
    with localcontext(MONEY):
        checks: list[Check] = []
        for reason, found in conditions(entry, instrument, standing, limits):
            checks.append(found)
            if not found.passed:
                return Refused(reason, tuple(checks))
        caps = _caps(entry, instrument, standing, limits)
        for cap in caps:
            if cap.used >= cap.most:
                checks.append(check(cap.name, cap.used, cap.most, False))
                return Refused(cap.reason, tuple(checks))
        return _sized(caps, instrument, standing, limits, checks)


def _caps(
    entry: Entry, instrument: Instrument, standing: Standing, limits: RiskLimits
) -> tuple[Cap, ...]:
    equity, own = standing.equity, standing.own
    notional = notional_of(ONE, entry.price, instrument)
    margin = margin_of(notional, instrument.kind, limits.leverage)
    loss = loss_of(ONE, entry.price, entry.stop, instrument)
    risk = limits.risk_per_trade if entry.risk is None else min(entry.risk, limits.risk_per_trade)
    most = limits.maximum_position_notional
    caps = (
        Cap("risk", Reason.BELOW_LOT, loss, own.loss, equity * max(risk, ZERO)),
        Cap("symbol_cap", Reason.SYMBOL_CAP, margin, own.margin, equity * limits.symbol_cap),
        Cap("notional", Reason.SYMBOL_CAP, notional, own.notional, most),
        Cap("margin", Reason.LEVERAGE_CAP, margin, standing.margin, equity),
        Cap(
            "concentration", Reason.CONCENTRATION, margin, standing.base,
            equity * limits.concentration,
        ),
        Cap("correlation", Reason.CORRELATION, margin, standing.group, equity * limits.correlation),
    )  # fmt: skip
    if entry.quantity is None:
        return caps
    return (*caps, Cap("asked", Reason.BELOW_LOT, ONE, ZERO, entry.quantity))


def _sized(
    caps: tuple[Cap, ...],
    instrument: Instrument,
    standing: Standing,
    limits: RiskLimits,
    checks: list[Check],
) -> Sized | Refused:
    lot = Decimal(instrument.lot_size)
    rooms = [(cap.most - cap.used) / cap.unit for cap in caps]
    quantity = min(rooms) // lot * lot
    checks += [cap.check(quantity) for cap in caps]
    loss, margin, notional = (caps[at].unit * quantity for at in (0, 1, 2))
    for reason, found in _minimums(quantity, notional, instrument, caps[rooms.index(min(rooms))]):
        checks.append(found)
        if not found.passed:
            return Refused(reason, tuple(checks))
    if standing.usual is not None:
        reason, found = unusual(notional, standing.usual, limits)
        checks.append(found)
        if not found.passed:
            return Refused(reason, tuple(checks))
    shares = tuple((cap.name, (cap.used + quantity * cap.unit) / cap.most) for cap in caps)
    return Sized(quantity, notional, margin, tuple(checks), loss, shares)


def _minimums(
    quantity: Decimal, notional: Decimal, instrument: Instrument, tightest: Cap
) -> Iterator[tuple[Reason, Check]]:
    """The venue's smallest order; the cap is to blame where others' orders have used it up."""
    least = max(Decimal(instrument.lot_size), Decimal(instrument.minimum_quantity))
    reason = tightest.reason if tightest.used else Reason.BELOW_LOT
    yield reason, at_least("quantity", quantity, least)
    if instrument.minimum_notional is not None:
        yield (
            Reason.BELOW_MINIMUM_NOTIONAL,
            at_least("minimum_notional", notional, Decimal(instrument.minimum_notional)),
        )
