"""How much of the time, and with how much, an account was in the market.

All are means over time, not over records: a state counts for as long as it lasted, from the
account's first record to the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from engine.analytics import YEAR
from engine.indicators import rounded
from engine.spans import DAY
from schemas.portfolio import Portfolio


@dataclass(frozen=True, slots=True)
class Exposure:
    """in_market: share of the time with a position; leverage: mean of notional over equity, with
    the time out of the market as 0, and the largest; equity: its mean in quote."""

    in_market: float
    leverage: float
    leverage_max: float
    equity: float


def exposure(records: Iterable[Portfolio], until: int) -> Exposure | None:
    """Of the account's records (those of positions and strategies are passed over) up to a time;
    None where no time passed. Equities of zero or less have no leverage and count as 0."""
    lasted: list[int] = []
    states: list[tuple[bool, float, float]] = []
    highest, began = 0.0, 0
    for record in records:
        if record.type != "account":
            continue
        now = max(record.seen_time, began)
        if states:
            lasted.append(now - began)
        states.append(_state(record))
        highest, began = max(highest, states[-1][1]), now
    lasted.append(max(0, until - began))
    whole = sum(lasted) if states else 0
    if not whole:
        return None

    def mean(values: Iterable[float]) -> float:
        weighed = (span * value for span, value in zip(lasted, values, strict=True))
        return rounded(math.fsum(weighed) / whole)

    return Exposure(
        in_market=mean(held for held, _, _ in states),
        leverage=mean(share for _, share, _ in states),
        leverage_max=rounded(highest),
        equity=mean(equity for _, _, equity in states),
    )


def turnover(notional: Decimal, equity: float, span: int) -> tuple[float | None, float | None]:
    """How often the mean equity was traded, buys and sells counted; and a year (a span, ns, of
    less than a day has none)."""
    if equity <= 0:
        return None, None
    times = float(notional) / equity
    return rounded(times), rounded(times * YEAR * DAY / span) if span >= DAY else None


def _state(record: Portfolio) -> tuple[bool, float, float]:
    equity = float(record.equity or 0)
    share = float(record.exposure or 0) / equity if equity > 0 else 0.0
    return bool(record.positions), share, equity
