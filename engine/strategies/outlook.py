"""What advisors see in common: the trend, and the risk of entering on a side now.

Risk is the mean of the parts that are known, each 0 to 1, and 0 to 1 itself:

    volatility  x / (x + volatile_bps), x the ATR in basis points of the close
    spread      x / (x + spread_bps), x the spread in basis points of the mid
    against     max(0, -s * (b - a) / (b + a)), b and a the quantities at the best bid and ask,
                s 1 for LONG and -1 for SHORT: the imbalance of the best levels against the entry
    width       x / (x + width_bps), x the width of the Bollinger bands in basis points
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from engine.indicators import rounded
from engine.strategies.advisor import AdvisorSettings
from engine.strategies.judgment import Judgment
from schemas.decisions import Direction, Verdict
from schemas.signals import Signal

BASIS = 1e4
BANDS = ("bollinger_upper", "bollinger_middle", "bollinger_lower")


class RiskScale(BaseModel):
    """Basis points at which a part of the risk is one half (see the module's text)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    volatile_bps: float = Field(default=50.0, gt=0)
    spread_bps: float = Field(default=5.0, gt=0)
    width_bps: float = Field(default=200.0, gt=0)


class OutlookSettings(AdvisorSettings):
    """flat_atr: averages nearer to each other than that many ATR make no trend."""

    flat_atr: float = Field(default=0.5, ge=0)
    risk: RiskScale = RiskScale()


@dataclass(frozen=True, slots=True)
class Trend:
    """Where the averages point, and by how much, in words and numbers."""

    direction: Direction
    words: str


@dataclass(frozen=True, slots=True)
class Risk:
    """0 to 1 with its parts in words and numbers; None where nothing is known."""

    value: float | None
    words: str


def trend(signal: Signal, flat_atr: float) -> Trend:
    """By the fast and the slow SMA; flat at a tie, while warming up, or within `flat_atr`."""
    fast, slow = signal.indicators.get("sma_fast"), signal.indicators.get("sma_slow")
    if fast is None or slow is None:
        return Trend("flat", "trend flat: averages are warming up")
    gap, atr = fast - slow, signal.indicators.get("atr")
    direction: Direction = "up" if gap > 0 else "down"
    if gap == 0 or (atr is not None and abs(gap) < flat_atr * atr):
        direction = "flat"
    share = gap / slow * BASIS if slow else 0.0
    size = f"{share:+.3g} bps" + (f", {gap / atr:+.3g} ATR" if atr else "")
    return Trend(direction, f"trend {direction}: SMA {fast:.6g} to {slow:.6g}, {size}")


def risk(signal: Signal, side: Verdict, scale: RiskScale) -> Risk:
    """The risk of entering on `side`, LONG or SHORT (see the module's text)."""
    parts = [*_of_bars(signal, scale), *_of_book(signal, side, scale)]
    if not parts:
        return Risk(None, "risk unknown")
    value = rounded(sum(part for part, _ in parts) / len(parts))
    return Risk(value, f"risk {value:.2g}: " + ", ".join(words for _, words in parts))


def _of_bars(signal: Signal, scale: RiskScale) -> Iterator[tuple[float, str]]:
    values = signal.indicators
    close, atr = values.get("close"), values.get("atr")
    if close and atr is not None:
        bps = atr / close * BASIS
        yield bps / (bps + scale.volatile_bps), f"ATR {bps:.3g} bps"
    upper, middle, lower = (
        values.get(f"bollinger_{name}") for name in ("upper", "middle", "lower")
    )
    if upper is not None and middle and lower is not None:
        bps = max(0.0, upper - lower) / middle * BASIS
        yield bps / (bps + scale.width_bps), f"bands {bps:.3g} bps wide"


def _of_book(signal: Signal, side: Verdict, scale: RiskScale) -> Iterator[tuple[float, str]]:
    if signal.bid is None or signal.ask is None:
        return
    (bid, bids), (ask, asks) = (tuple(map(float, level)) for level in (signal.bid, signal.ask))
    bps = max(0.0, ask - bid) / (bid + ask) * 2 * BASIS if bid + ask else 0.0
    yield bps / (bps + scale.spread_bps), f"spread {bps:.3g} bps"
    if bids + asks:
        imbalance = (bids - asks) / (bids + asks)
        against = max(0.0, -imbalance if side is Verdict.LONG else imbalance)
        yield against, f"book {against:.2g} against"


def seen(judgment: Judgment, settings: OutlookSettings, signal: Signal) -> Judgment:
    """The judgment with the trend, and with the risk where it enters."""
    around = trend(signal, settings.flat_atr)
    entering = judgment.verdict in (Verdict.LONG, Verdict.SHORT)
    danger = risk(signal, judgment.verdict, settings.risk) if entering else None
    return judgment._replace(
        confidence=rounded(judgment.confidence),
        trend=around.direction,
        risk=danger.value if danger else None,
        reasons=(around.words, *judgment.reasons, *((danger.words,) if danger else ())),
    )
