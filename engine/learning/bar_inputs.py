"""Inputs of a bar: what its indicators and the closes before it tell, each without a unit.

    return_1, 5, 15     close - close of n bars before, in ATR times sqrt(n)
    sma_gap_atr         fast less slow SMA, in ATR
    sma_distance_atr    close less slow SMA, in ATR
    and the features of `engine.features.of_indicators`

They are made of indicators alone, which every signal of a bar has; the features of the moment are
not there in a backtest of columns (engine.signals).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from engine.features import of_indicators

RETURNS = (1, 5, 15)
CLOSES = max(RETURNS)
"""Closes before this one that are looked back on."""

BOUND = 10.0
"""Of what is in ATR: beyond it, it is set to it."""

NAMES = (
    *(f"return_{bars}" for bars in RETURNS),
    "sma_gap_atr", "sma_distance_atr",
    "bollinger_position", "rsi", "macd_histogram_atr", "ema_gap_atr", "atr_bps",
)  # fmt: skip
"""In the order in which they are given."""


def bar_inputs(
    values: Mapping[str, float | None], before: Sequence[float]
) -> tuple[float, ...] | None:
    """As NAMES has them; None while one is not known, or nothing moves.

    values: indicators by name. before: closes of the bars before, the newest last.
    """
    close, atr, fast, slow = (values.get(n) for n in ("close", "atr", "sma_fast", "sma_slow"))
    if close is None or fast is None or slow is None or not atr or len(before) < CLOSES:
        return None
    told = of_indicators(dict(values))
    rest = [told.get(name) for name in NAMES[len(RETURNS) + 2 :]]
    known = [each for each in rest if each is not None]
    if len(known) < len(rest):
        return None
    returns = [(close - before[-bars]) / (atr * sqrt(bars)) for bars in RETURNS]
    gaps = [(fast - slow) / atr, (close - slow) / atr]
    return (*(min(BOUND, max(-BOUND, each)) for each in (*returns, *gaps)), *known)
