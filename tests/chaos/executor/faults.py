"""What a trial may arm at the exchange: every fault that it offers."""

from __future__ import annotations

import random
from typing import Any

from tests.chaos.executor.sitting import VISIBLE

ORDER, ALL, TRADES = "/fapi/v1/order", "/fapi/v1/openOrders", "/fapi/v1/userTrades"
UNKNOWN: tuple[dict[str, Any], ...] = (
    {"kind": "unanswered", "path": ORDER, "method": "POST"},
    {"kind": "lost", "path": ORDER, "method": "POST"},
    {"kind": "refuse", "path": ORDER, "method": "POST", "status": 503, "code": -1000},
    {"kind": "slow", "path": ORDER, "method": "POST", "seconds": 1.5},
)
"""After these the effect of a request is not known."""
OF_REQUESTS: tuple[dict[str, Any], ...] = (
    *UNKNOWN,
    {"kind": "refuse", "path": ORDER, "method": "POST", "status": 429, "code": -1003},
    {"kind": "unanswered", "path": ORDER, "method": "DELETE"},
    {"kind": "lost", "path": ORDER, "method": "DELETE"},
    {"kind": "unanswered", "path": ORDER, "method": "PUT"},
    {"kind": "lost", "path": ORDER, "method": "PUT"},
    {"kind": "lost", "path": ORDER, "method": "GET"},
    {"kind": "lost", "path": ALL, "method": "GET"},
    {"kind": "lost", "path": TRADES, "method": "GET"},
    {"kind": "slow", "path": TRADES, "method": "GET", "seconds": 1.2},
    {"kind": "stale", "path": ORDER, "method": "GET", "lasts": VISIBLE},
    {"kind": "stale", "path": ALL, "method": "GET", "lasts": VISIBLE},
    {"kind": "stale", "path": TRADES, "method": "GET", "lasts": VISIBLE},
)
OF_EVENTS: tuple[dict[str, Any], ...] = (
    {"kind": "drop", "path": "events"},
    {"kind": "drop", "path": "events", "lasts": 5.0, "chance": 0.5},
    {"kind": "double", "path": "events", "lasts": 5.0},
    {"kind": "reorder", "path": "events", "lasts": 5.0, "chance": 0.5},
    {"kind": "stale", "path": "events", "lasts": 1.0},
)
OF_THE_VENUE: tuple[dict[str, Any], ...] = (
    {"kind": "disconnect"},
    {"kind": "maintenance", "path": "/fapi", "lasts": 0.5},
    {"kind": "skew", "milliseconds": 700, "lasts": 1.0},
    {"kind": "skew", "milliseconds": -700, "lasts": 1.0},
    {"kind": "skew", "milliseconds": 2500, "lasts": 1.0},
    {"kind": "skew", "milliseconds": -2500, "lasts": 1.0},
    {"kind": "filters", "market": "BTCUSDT", "tick": "10", "lasts": 1.0},
    {"kind": "filters", "market": "ETHUSDT", "lot": "0.02", "lasts": 1.0},
    {"kind": "filters", "market": "BTCUSDT", "least": "0.02", "lasts": 1.0},
)
GROUPS = OF_REQUESTS, OF_EVENTS, OF_THE_VENUE


def drawn(rng: random.Random) -> dict[str, Any]:
    """One of them, with when it strikes."""
    fault = {**rng.choice(rng.choice(GROUPS)), "seed": rng.randint(0, 1 << 30)}
    if "lasts" in fault or fault["kind"] == "disconnect":
        return {**fault, "after": rng.choice((0.0, 0.2, 0.5, 1.0))}
    return {**fault, "skip": rng.randint(0, 2)}
