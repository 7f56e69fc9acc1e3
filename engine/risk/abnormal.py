"""Orders that no sound strategy gives: far prices, unusual sizes, storms, reversed stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from engine.risk.limits import RiskLimits
from engine.risk.money import at_most, check
from schemas.orders import Check
from schemas.refusals import Reason
from schemas.ticks import Side

FEWEST = 5
"""Entries of a day from which on there is such a thing as their usual size."""


def reversed_prices(
    side: Side, price: Decimal, stop: Decimal, target: Decimal | None
) -> Iterator[tuple[Reason, Check]]:
    """The stop must lie on the losing side of the price and the target on the winning one."""
    buy = side == "buy"
    protected = 0 < stop < price if buy else 0 < price < stop
    yield Reason.STOP_REVERSED, check("stop", stop, price, protected)
    if target is not None:
        wins = target > price if buy else 0 < target < price
        yield Reason.STOP_REVERSED, check("target", target, price, wins)


def far(price: Decimal, mid: Decimal, resting: bool, limits: RiskLimits) -> tuple[Reason, Check]:
    """The price must be near the book: its distance from the mid as a share of the mid."""
    band = limits.resting_band if resting else limits.price_band
    distance = abs(price - mid) / mid if mid > 0 else Decimal(1)
    return Reason.PRICE_FAR, at_most("price_far", distance, band)


def storm(recent: int, limits: RiskLimits) -> tuple[Reason, Check]:
    """One more command must not be too many within the window."""
    return (
        Reason.ORDER_STORM,
        at_most("order_storm", Decimal(recent + 1), Decimal(limits.storm_orders)),
    )


def unusual(notional: Decimal, usual: Decimal, limits: RiskLimits) -> tuple[Reason, Check]:
    """The notional must not be many times the usual one, both in quote."""
    return Reason.UNUSUAL_SIZE, at_most("unusual_size", notional, usual * limits.unusual_factor)


def median(sizes: Sequence[Decimal]) -> Decimal | None:
    """The lower median, None while there are too few to tell."""
    return sorted(sizes)[(len(sizes) - 1) // 2] if len(sizes) >= FEWEST else None
