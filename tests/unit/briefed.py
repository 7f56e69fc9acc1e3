"""A briefing like those of the recorded market, and a sound reply to it."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import Any

from engine.advice.bounds import BoundsSettings, bounded
from engine.advice.briefing import Briefing
from schemas.advice import Opinion

SYMBOL = "BTC/USDT:USDT"
NOW = 1723161492562030260
BOUNDS = BoundsSettings()
MICRO = {
    "buy_volume_5s": 1.475, "sell_volume_5s": 5.055, "pressure_5s": -0.548239,
    "trade_rate_5s": 28.6, "buy_volume_1m": 269.898, "sell_volume_1m": 354.345,
    "pressure_1m": -0.135279, "spread": 0.1, "spread_bps": 0.0162175, "mid": 61661.55,
    "microprice": 61661.5, "book_imbalance_1": -0.524649, "bid_depth_5bps": 1489880.0,
    "ask_depth_5bps": 3940310.0, "depth_imbalance_5bps": -0.45126,
}  # fmt: skip
INDICATORS = {
    "close": 61661.5, "rsi": 47.5098, "macd": -2.94089, "macd_signal": -6.67196,
    "macd_histogram": 3.73107, "bollinger_upper": 61683.2, "bollinger_middle": 61650.4,
    "bollinger_lower": 61617.6, "sma_fast": 61650.4, "sma_slow": 61682.3, "ema_fast": 61662.0,
    "ema_slow": 61664.9, "atr": 37.1452,
}  # fmt: skip
FEATURES = {
    "log_return_1": 0.0, "log_return_5": -0.000275661, "log_return_15": 0.000345494,
    "log_return_60": -0.000667941, "realised_volatility": 0.000157474, "momentum_z": 0.566483,
    "bollinger_position": 0.669167, "macd_histogram_atr": 0.522178, "ema_gap_atr": -0.41159,
    "atr_bps": 6.02405, "volume_z": -0.369712,
}  # fmt: skip


def bars(count: int = 30, seed: int = 7) -> list[dict[str, Any]]:
    """Bars of a minute that end at the close."""
    draw, close, rows = Random(seed), 61661.5, []
    for place in range(count):
        opened = round(close + draw.gauss(0, 25), 1)
        high = round(max(opened, close) + abs(draw.gauss(0, 9)), 1)
        low = round(min(opened, close) - abs(draw.gauss(0, 9)), 1)
        rows.append(
            {
                "time": NOW - place * 60_000_000_000,
                "open": f"{opened:.2f}", "high": f"{high:.2f}", "low": f"{low:.2f}",
                "close": f"{close:.2f}", "volume": f"{draw.uniform(5, 90):.3f}",
                "vwap": f"{(opened + close) / 2:.4f}",
            }
        )  # fmt: skip
        close = opened
    return rows[::-1]


@cache
def shown(**changed: Any) -> dict[str, Any]:
    """The briefing's fields."""
    return {
        "v": 1, "venue": "binance", "symbol": SYMBOL, "now": NOW, "signal": "ce7f3a57058efc0708",
        "time": NOW, "book": "ok", "bid": "61661.50", "bid_quantity": "1.133", "ask": "61661.60",
        "ask_quantity": "3.634", "last": "61661.60", "atr": 37.1451942778, "interval": "1m",
        "bars": bars(), "indicators_time": NOW, "indicators": INDICATORS, "micro": MICRO,
        "features": FEATURES,
        "scores": ["MACD -2.94089 above its signal -6.67196", "fast EMA 61662 below 61664.9"],
        "facts": {
            "funding_rate": {"time": NOW, "value": "0.00010000"},
            "mark": {"time": NOW, "value": "61664.27"},
            "index_price": {"time": NOW, "value": "61689.31"},
            "open_interest": {"time": NOW, "value": "77123.411"},
        },
        "texts": [
            {"time": NOW, "source": "news", "title": "99123.45", "body": "Seen: 99123.45."}
        ],
        **changed,
    }  # fmt: skip


@cache
def briefing(**changed: Any) -> str:
    """The same as canonical JSON."""
    return Briefing.model_validate(shown(**changed)).canonical


def sound(**changed: Any) -> dict[str, Any]:
    """A reply within all bounds."""
    return {
        "symbol": SYMBOL,
        "direction": "long",
        "confidence": 0.62,
        "entry": "61661.60",
        "stop": "61587.31",
        "target": "61773.04",
        "horizon_minutes": 30,
        "leverage": 2,
        "reasons": [
            "MACD -2.94 is above its signal -6.67196 and RSI 47.5 leaves room.",
            "The stop is 2 ATR below, the gain for the risk 1.5; entry 61,661.60.",
            "Bid 61661.5, funding 0.01 %, bands 61617.6 to 61683.2 (SMA 20).",
        ],
        "figures": [{"name": "rsi", "value": "47.51"}, {"name": "atr", "value": "37.1452"}],
        **changed,
    }


def opinion(reply: Any, **more: Any) -> Opinion:
    """What the bounds make of it: of a text, or of fields."""
    text = reply if isinstance(reply, str) else json.dumps(reply)
    return bounded(text, more.pop("briefing", briefing()), BOUNDS, advisor="llm", **more)
