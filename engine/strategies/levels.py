"""Entry, stop and target of one vote, as decimal text with the decimals of the quotes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from engine.risk import MONEY
from schemas.decisions import Verdict
from schemas.signals import Signal


@dataclass(frozen=True, slots=True)
class Levels:
    """Prices in quote; None where an advisor leaves it to the strategy's settings."""

    entry: str | None = None
    stop: str | None = None
    target: str | None = None


NO_LEVELS = Levels()


def levels(verdict: Verdict, signal: Signal, stop: float | None, target: float | None) -> Levels:
    """Entry at the opposite quote; a stop or target that is not on its side of it is left out.

    Both are rounded away from the entry. Without a bid and an ask, or for a verdict that enters
    nothing, there are none.
    """
    if signal.bid is None or signal.ask is None or verdict not in (Verdict.LONG, Verdict.SHORT):
        return NO_LEVELS
    long, step = verdict is Verdict.LONG, price_step(signal.bid[0], signal.ask[0])
    entry = signal.ask[0] if long else signal.bid[0]
    below, above = (stop, target) if long else (target, stop)
    low = _placed(below, entry, step, ROUND_FLOOR)
    high = _placed(above, entry, step, ROUND_CEILING)
    return Levels(entry, low, high) if long else Levels(entry, high, low)


def price_step(bid: str, ask: str) -> Decimal:
    """The last decimal of two price texts: 0.01 for "0.1" and "0.12"."""
    return Decimal(1).scaleb(-max(_decimals(bid), _decimals(ask)), MONEY)


def _placed(price: float | None, entry: str, step: Decimal, rounding: str) -> str | None:
    if price is None:
        return None
    value, at = Decimal(repr(price)).quantize(step, rounding, MONEY), Decimal(entry)
    beyond = 0 < value < at if rounding == ROUND_FLOOR else value > at
    return format(value, "f") if beyond else None


def _decimals(text: str) -> int:
    """Decimals of a price's text: 2 for "0.10", none for "100"."""
    whole, _, behind = text.partition(".")
    if whole.isdecimal() and (not behind or behind.isdecimal()):
        return len(behind)
    return max(0, -int(Decimal(text).as_tuple().exponent))
