"""Scores: what each indicator says for buying and for selling, as points with a reason in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from engine.indicators import Values, rounded
from schemas.signals import Action, Score

BUY, SELL = "buy", "sell"


class ScoreSettings(BaseModel):
    """Thresholds of the rules and of the action that follows from them.

    RSI in its points of 0 to 100; bollinger_share: the share of the bands' width, counted from a
    band, that counts as near to it; published, actionable: bounds of strength, 0 to 1;
    strong_score: points from which an action is a strong one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rsi_oversold: float = 30.0
    rsi_low: float = 40.0
    rsi_high: float = 60.0
    rsi_overbought: float = 70.0
    bollinger_share: float = Field(default=0.1, gt=0, lt=0.5)
    published: float = Field(default=0.6, ge=0.5, le=1)
    actionable: float = Field(default=0.65, ge=0.5, le=1)
    strong_score: int = Field(default=4, ge=1)


@dataclass(frozen=True, slots=True)
class Scored:
    """All scores of one moment, their sums, and the action that they make.

    published: the strength is above the bound from which a signal counts as told.
    """

    scores: tuple[Score, ...] = ()
    buy: int = 0
    sell: int = 0
    strength: float | None = None
    published: bool = False
    action: Action = Action.HOLD


Known = dict[str, float]
Rule = Callable[[Known, ScoreSettings], Score | None]

NEEDED = (
    "close", "rsi", "macd", "macd_signal", "bollinger_upper", "bollinger_lower",
    "sma_fast", "sma_slow", "ema_fast", "ema_slow",
)  # fmt: skip
"""The indicators that must be there before anything is scored."""


def score(values: Values, settings: ScoreSettings) -> Scored:
    """The scores of a set of indicators; nothing at all while one that is needed is None."""
    known = {name: value for name in NEEDED if (value := values.get(name)) is not None}
    if len(known) < len(NEEDED):
        return Scored()
    scores = tuple(_spoken(known, settings))
    buy = sum(each.points for each in scores if each.side == BUY)
    sell = sum(each.points for each in scores if each.side == SELL)
    strength = rounded(max(buy, sell) / (buy + sell)) if scores else None
    published = strength is not None and strength > settings.published
    action = _action(buy, sell, strength, settings) if published else Action.HOLD
    return Scored(scores, buy, sell, strength, published, action)


def _spoken(known: Known, settings: ScoreSettings) -> Iterator[Score]:
    for rule in RULES:
        if (found := rule(known, settings)) is not None:
            yield found


def _action(buy: int, sell: int, strength: float | None, settings: ScoreSettings) -> Action:
    if strength is None or buy == sell:
        return Action.HOLD
    if strength < settings.actionable:
        return Action.HOLD
    strong = max(buy, sell) >= settings.strong_score
    if buy > sell:
        return Action.STRONG_BUY if strong else Action.BUY
    return Action.STRONG_SELL if strong else Action.SELL


def _rsi(known: Known, s: ScoreSettings) -> Score | None:
    """Two points beyond the outer threshold, one beyond the inner."""
    rsi = known["rsi"]
    for bound, points in ((s.rsi_oversold, 2), (s.rsi_low, 1)):
        if rsi < bound:
            return _score("rsi", BUY, points, f"RSI {rsi:.4g} below {bound:g}")
    for bound, points in ((s.rsi_overbought, 2), (s.rsi_high, 1)):
        if rsi > bound:
            return _score("rsi", SELL, points, f"RSI {rsi:.4g} above {bound:g}")
    return None


def _bollinger(known: Known, s: ScoreSettings) -> Score | None:
    """One point near a band; bands without width say nothing."""
    close, lower, upper = known["close"], known["bollinger_lower"], known["bollinger_upper"]
    near = s.bollinger_share * (upper - lower)
    if near <= 0:
        return None
    if close <= lower + near:
        return _score("bollinger", BUY, 1, f"close {close:.6g} near lower band {lower:.6g}")
    if close >= upper - near:
        return _score("bollinger", SELL, 1, f"close {close:.6g} near upper band {upper:.6g}")
    return None


def _pair(rule: str, first: str, second: str, label: str, other: str) -> Rule:
    """One point for buying where `first` is above `second`, for selling where it is below."""

    def compare(known: Known, s: ScoreSettings) -> Score | None:
        a, b = known[first], known[second]
        if a == b:
            return None
        side, word = (BUY, "above") if a > b else (SELL, "below")
        return _score(rule, side, 1, f"{label} {a:.6g} {word} {other} {b:.6g}")

    return compare


def _score(rule: str, side: str, points: int, reason: str) -> Score:
    return Score.whole({"rule": rule, "side": side, "points": points, "reason": reason})


RULES: tuple[Rule, ...] = (
    _rsi,
    _pair("macd", "macd", "macd_signal", "MACD", "its signal"),
    _bollinger,
    _pair("sma", "sma_fast", "sma_slow", "fast SMA", "slow SMA"),
    _pair("ema", "ema_fast", "ema_slow", "fast EMA", "slow EMA"),
)
"""All rules, in the order in which their scores are published."""
