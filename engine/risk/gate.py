"""What the risk gate is asked, what it knows of the account, and what must hold at any size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from engine.risk.abnormal import far, reversed_prices, storm
from engine.risk.limits import RiskLimits
from engine.risk.money import ZERO, at_least, at_most, check
from schemas.instruments import Instrument, InstrumentStatus, Kind
from schemas.orders import Check
from schemas.refusals import Reason
from schemas.ticks import Side


@dataclass(frozen=True, slots=True)
class Entry:
    """What is asked for: a side with the worst price it may fill at, its stop and its target.

    strength, confidence: how sure the decision was, 0 to 1; None where a person decided.
    quantity: the most that is wanted, None for as much as may be. risk: share of equity to be lost
    at the stop, None for the limit's. mid: of the book in quote, None where it is not judged by it;
    named: the price in the order, None for the price above. resting: it is to rest in the book, and
    may be further away.
    """

    side: Side
    price: Decimal
    stop: Decimal
    strength: Decimal | None = None
    confidence: Decimal | None = None
    target: Decimal | None = None
    quantity: Decimal | None = None
    risk: Decimal | None = None
    mid: Decimal | None = None
    resting: bool = False
    named: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """What the asked symbol has already, held and under way: margin, notional, loss at its stop."""

    margin: Decimal = ZERO
    notional: Decimal = ZERO
    loss: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the account stands; orders under way count as filled. Money in quote.

    margin: in use by all symbols; base and group: by the asked one's base asset, and by its group
    in the asked direction; positions: number of other symbols; daily_loss and drawdown: shares lost
    since the day's start and since the peak; recent: commands within the storm window; usual:
    median notional of the day's entries, None while they are too few.
    """

    equity: Decimal
    margin: Decimal = ZERO
    positions: int = 0
    own: Own = Own()
    base: Decimal = ZERO
    group: Decimal = ZERO
    daily_loss: Decimal = ZERO
    drawdown: Decimal = ZERO
    recent: int = 0
    usual: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The gate is shut: why, and every figure up to the one that failed."""

    reason: Reason
    checks: tuple[Check, ...] = ()


def conditions(
    entry: Entry, instrument: Instrument, standing: Standing, limits: RiskLimits
) -> Iterator[tuple[Reason, Check]]:
    """What must hold whatever the size, in the order in which it is looked at."""
    yield from _tradable(entry, instrument)
    yield from reversed_prices(entry.side, entry.price, entry.stop, entry.target)
    yield Reason.NO_EQUITY, check("equity", standing.equity, ZERO, standing.equity > 0)
    yield from _unlost(standing, limits)
    yield from _sure(entry, limits)
    if entry.mid is not None:
        yield far(entry.named or entry.price, entry.mid, entry.resting, limits)
    yield storm(standing.recent, limits)
    yield (
        Reason.TOO_MANY_POSITIONS,
        at_most("positions", Decimal(standing.positions + 1), Decimal(limits.maximum_positions)),
    )
    free = standing.equity - standing.margin
    yield Reason.LEVERAGE_CAP, check("free_margin", free, ZERO, free > 0)


def _tradable(entry: Entry, instrument: Instrument) -> Iterator[tuple[Reason, Check]]:
    trading = instrument.status is InstrumentStatus.TRADING
    yield (
        Reason.NOT_TRADING,
        _said("status", instrument.status.value, "trading", trading),
    )
    shortable = entry.side == "buy" or instrument.kind is not Kind.SPOT
    yield (
        Reason.UNSUPPORTED,
        _said("side", entry.side, instrument.kind.value, shortable),
    )


def _said(name: str, value: str, limit: str, passed: bool) -> Check:
    """A check of what is no figure."""
    return Check.whole({"name": name, "value": value, "limit": limit, "passed": passed})


def _unlost(standing: Standing, limits: RiskLimits) -> Iterator[tuple[Reason, Check]]:
    lost, fall = standing.daily_loss, standing.drawdown
    yield (
        Reason.DAILY_LOSS,
        check("daily_loss", lost, limits.daily_loss, lost < limits.daily_loss),
    )
    yield Reason.DRAWDOWN, check("drawdown", fall, limits.drawdown, fall < limits.drawdown)


def _sure(entry: Entry, limits: RiskLimits) -> Iterator[tuple[Reason, Check]]:
    if entry.strength is not None:
        yield Reason.WEAK_SIGNAL, at_least("strength", entry.strength, limits.minimum_strength)
    if entry.confidence is not None:
        yield (
            Reason.LOW_CONFIDENCE,
            at_least("confidence", entry.confidence, limits.minimum_confidence),
        )
