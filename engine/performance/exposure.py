"""How much of the time, and with how much, an account was in the market.

All are means over time, not over records: a state counts for as long as it lasted, from the
account's first record to the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

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
    inside = whole = 0
    levered = worth = Fraction(0)
    highest = Fraction(0)
    before: Portfolio | None = None
    began = 0
    for record in (*(each for each in records if each.type == "account"), None):
        now = until if record is None else max(record.seen_time, began)
        if before is not None and now > began:
            held, share, equity = _state(before)
            whole += now - began
            inside += (now - began) * held
            levered += (now - began) * share
            worth += (now - began) * equity
        if record is not None:
            before, began = record, now
            highest = max(highest, _state(record)[1])
    if not whole:
        return None
    return Exposure(
        rounded(inside / whole), _share(levered, whole), rounded(float(highest)),
        _share(worth, whole),
    )  # fmt: skip


def turnover(notional: Decimal, equity: float, span: int) -> tuple[float | None, float | None]:
    """How often the mean equity was traded, buys and sells counted; and a year (a span, ns, of
    less than a day has none)."""
    if equity <= 0:
        return None, None
    times = float(notional) / equity
    return rounded(times), rounded(times * YEAR * DAY / span) if span >= DAY else None


def _state(record: Portfolio) -> tuple[bool, Fraction, Fraction]:
    equity = Fraction(record.equity or 0)
    share = Fraction(record.exposure or 0) / equity if equity > 0 else Fraction(0)
    return bool(record.positions), share, equity


def _share(part: Fraction, whole: int) -> float:
    return rounded(float(part / whole))
