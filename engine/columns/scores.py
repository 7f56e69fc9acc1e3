"""The scores of all bars at once: those of `engine.scores.score`, without their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from engine.columns.rounding import Floats, rounded_all
from engine.columns.trades import Integers
from engine.scores import NEEDED, ScoreSettings


class ScoreColumns(NamedTuple):
    """buy, sell: points; strength: NaN where nothing scored; acts: 1 where the action is to buy,
    strongly or not, -1 to sell, 0 to hold.
    """

    buy: Integers
    sell: Integers
    strength: Floats
    acts: Integers


def score_all(values: Mapping[str, Floats], settings: ScoreSettings) -> ScoreColumns:
    """Of indicators by name, NaN where one is not there yet."""
    known = ~np.any([np.isnan(values[name]) for name in NEEDED], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        points = [
            _rsi(values["rsi"], settings), _bands(values, settings),
            *(np.sign(values[one] - values[other]) for one, other in PAIRS),
        ]  # fmt: skip
        buy, sell = (_sum(each, known) for each in (points, [-each for each in points]))
        strength = rounded_all(np.maximum(buy, sell) / (buy + sell))
        told = (strength > settings.published) & (strength >= settings.actionable)
    return ScoreColumns(buy, sell, strength, np.where(told, np.sign(buy - sell), 0))


PAIRS = (("macd", "macd_signal"), ("sma_fast", "sma_slow"), ("ema_fast", "ema_slow"))
"""A point for buying where the first is above the second, for selling where it is below."""


def _sum(points: list[Floats], known: Floats) -> Integers:
    """The points above zero of each bar, none where an indicator is not known."""
    return np.where(known, np.sum([np.maximum(each, 0) for each in points], axis=0), 0).astype(int)


def _rsi(rsi: Floats, s: ScoreSettings) -> Floats:
    bounds = (rsi < s.rsi_oversold, rsi < s.rsi_low, rsi > s.rsi_overbought, rsi > s.rsi_high)
    return np.select(bounds, [2.0, 1.0, -2.0, -1.0], 0.0)


def _bands(values: Mapping[str, Floats], s: ScoreSettings) -> Floats:
    close, lower, upper = (values[name] for name in ("close", "bollinger_lower", "bollinger_upper"))
    near = s.bollinger_share * (upper - lower)
    sides = (near <= 0, close <= lower + near, close >= upper - near)
    return np.select(sides, [0.0, 1.0, -1.0], 0.0)
