"""Scores and the action that they make."""

from __future__ import annotations

import pytest

from engine.indicators import Values
from engine.scores import NEEDED, ScoreSettings, score
from schemas.signals import Action

SETTINGS = ScoreSettings()
NEUTRAL: Values = {
    "close": 100.0, "rsi": 50.0, "macd": 0.0, "macd_signal": 0.0,
    "bollinger_upper": 110.0, "bollinger_lower": 90.0,
    "sma_fast": 100.0, "sma_slow": 100.0, "ema_fast": 100.0, "ema_slow": 100.0,
}  # fmt: skip


def points(**values: float) -> tuple[int, int]:
    """Points for buying and selling of a neutral market with these values."""
    scored = score({**NEUTRAL, **values}, SETTINGS)
    return scored.buy, scored.sell


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, (0, 0)),
        ({"rsi": 29.9}, (2, 0)),
        ({"rsi": 30.0}, (1, 0)),
        ({"rsi": 39.9}, (1, 0)),
        ({"rsi": 40.0}, (0, 0)),
        ({"rsi": 60.0}, (0, 0)),
        ({"rsi": 60.1}, (0, 1)),
        ({"rsi": 70.0}, (0, 1)),
        ({"rsi": 70.1}, (0, 2)),
        ({"macd": 0.1}, (1, 0)),
        ({"macd_signal": 0.1}, (0, 1)),
        ({"close": 92.0}, (1, 0)),
        ({"close": 92.1}, (0, 0)),
        ({"close": 80.0}, (1, 0)),
        ({"close": 107.9}, (0, 0)),
        ({"close": 108.0}, (0, 1)),
        ({"bollinger_upper": 100.0, "bollinger_lower": 100.0}, (0, 0)),
        ({"sma_fast": 101.0}, (1, 0)),
        ({"sma_slow": 101.0}, (0, 1)),
        ({"ema_fast": 101.0}, (1, 0)),
        ({"ema_slow": 101.0}, (0, 1)),
    ],
)
def test_points(values: dict[str, float], expected: tuple[int, int]) -> None:
    assert points(**values) == expected


@pytest.mark.parametrize(
    ("values", "action", "strength"),
    [
        ({}, Action.HOLD, None),
        ({"macd": 1.0}, Action.BUY, 1.0),
        ({"macd": -1.0}, Action.SELL, 1.0),
        ({"rsi": 20.0, "macd": 1.0, "sma_fast": 101.0}, Action.STRONG_BUY, 1.0),
        ({"rsi": 80.0, "macd": -1.0, "sma_fast": 99.0}, Action.STRONG_SELL, 1.0),
        ({"rsi": 20.0, "macd": -1.0}, Action.BUY, 0.666666666667),
        ({"macd": 1.0, "sma_fast": 99.0}, Action.HOLD, 0.5),
        ({"rsi": 20.0, "close": 90.0, "macd": -1.0, "sma_fast": 99.0}, Action.HOLD, 0.6),
    ],
)
def test_action(values: dict[str, float], action: Action, strength: float | None) -> None:
    scored = score({**NEUTRAL, **values}, SETTINGS)
    assert (scored.action, scored.strength) == (action, strength)


def test_thresholds_are_settings() -> None:
    values: Values = {**NEUTRAL, "rsi": 20.0, "macd": -1.0}
    assert score(values, ScoreSettings(actionable=0.7)).action is Action.HOLD
    assert score(values, ScoreSettings(published=0.7)).action is Action.HOLD
    assert score(values, ScoreSettings(strong_score=2)).action is Action.STRONG_BUY
    assert score(values, ScoreSettings(rsi_oversold=10, rsi_low=15)).action is Action.SELL


def test_reasons_are_words_and_numbers() -> None:
    scored = score({**NEUTRAL, "rsi": 27.44, "macd": 1.5, "macd_signal": 1.25}, SETTINGS)
    assert [each.reason for each in scored.scores] == [
        "RSI 27.44 below 30",
        "MACD 1.5 above its signal 1.25",
    ]


@pytest.mark.parametrize("name", NEEDED)
def test_nothing_is_scored_while_one_needed_is_warming_up(name: str) -> None:
    scored = score({**NEUTRAL, "rsi": 20.0, name: None}, SETTINGS)
    assert (scored.scores, scored.strength, scored.action) == ((), None, Action.HOLD)


@pytest.mark.parametrize(
    ("values", "published", "action"),
    [
        ({}, False, Action.HOLD),
        ({"rsi": 20.0, "close": 90.0, "macd": -1.0, "sma_fast": 99.0}, False, Action.HOLD),
        ({"rsi": 20.0, "macd": -1.0}, True, Action.BUY),
    ],
)
def test_published_above_six_tenths(
    values: dict[str, float], published: bool, action: Action
) -> None:
    """Strength of nothing, 0.6 and 0.667."""
    scored = score({**NEUTRAL, **values}, SETTINGS)
    assert (scored.published, scored.action) == (published, action)


def test_between_published_and_actionable_a_signal_is_told_as_hold() -> None:
    values: Values = {**NEUTRAL, "rsi": 20.0, "macd": -1.0}
    scored = score(values, ScoreSettings(actionable=0.7))
    assert (scored.published, scored.strength) == (True, 0.666666666667)
    assert scored.action is Action.HOLD
