"""What a search for strategies begins with, and comparisons that it may add: in the declared form.

Each is the long side; the short one is its mirror (engine.research.breeding).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    "breakout": {
        "long": {"all": ["close > highest(close, 20)", "ema_fast > ema_slow"]},
        "leave_long": "close < lowest(close, 10)",
        "stop_atr": 2.0,
    },
    "pullback": {
        "long": {"all": ["ema_fast > ema_slow", "rsi crosses above 40"]},
        "leave_long": {"any": ["rsi > 70", "close < ema_slow - 1 atr"]},
        "stop_atr": 2.0,
        "target_atr": 4.0,
    },
    "reversion": {
        "long": {"all": ["close < bollinger_lower", "rsi < 30"]},
        "leave_long": "close > bollinger_middle",
        "stop_atr": 3.0,
    },
    "averages": {
        "long": "ema_fast crosses above ema_slow",
        "leave_long": "ema_fast crosses below ema_slow",
        "stop_atr": 4.0,
    },
    "drift": {
        "long": "features.momentum_z > 1",
        "leave_long": "features.momentum_z < 0",
        "stop_atr": 3.0,
    },
    "exhaustion": {
        "long": {"all": ["close < lowest(close, 30)", "features.volume_z > 2"]},
        "stop_atr": 3.0,
        "target_atr": 3.0,
        "most_bars": 24,
    },
}
"""By what they are called in the literature."""

ADDED: tuple[str, ...] = (
    "close > ema_slow + 0.5 atr",
    "close < ema_slow - 0.5 atr",
    "close > sma_slow",
    "close > highest(close, 10)",
    "close < lowest(close, 10)",
    "close > before(close, 24) + 1 %",
    "close < before(close, 24) - 1 %",
    "ema_fast > ema_slow",
    "ema_fast < ema_slow for 3 bars",
    "macd_histogram > 0",
    "macd crosses above macd_signal",
    "rsi < 40",
    "rsi > 60",
    "rsi crosses above 50",
    "features.bollinger_position < 0.2",
    "features.momentum_z > 0.5",
    "features.volume_z > 1",
    "features.atr_bps < 100",
    "features.atr_bps > 50",
)
"""Comparisons that a mutation may add."""
