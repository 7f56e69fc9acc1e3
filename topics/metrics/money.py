"""What accounts and strategies are worth, from their latest rows of trading.portfolio."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from schemas import metrics as m
from schemas.metrics import Reading
from schemas.portfolio import Portfolio

PARTS = ("realised", "unrealised", "fees", "funding")


def readings(rows: Sequence[Portfolio]) -> Iterator[Reading]:
    """Of the latest row of each key."""
    near = Counter[str]()
    for row in rows:
        if row.type == "account":
            near[row.account] += 0
            yield from _account(row)
        elif row.type == "strategy" and row.equity is not None:
            yield Reading(m.STRATEGY_PNL, (row.account, row.strategy), float(row.equity))
        elif row.type == "position" and row.watch != "ok":
            near[row.account] += 1
    for account, count in near.items():
        yield Reading(m.NEAR, (account,), count)


def _account(row: Portfolio) -> Iterator[Reading]:
    of, equity = (row.account,), float(row.equity or 0)
    yield Reading(m.EQUITY, of, equity)
    yield Reading(m.EXPOSURE, of, float(row.exposure or 0))
    for part in PARTS:
        yield Reading(m.PNL, (row.account, part), float(getattr(row, part)))
    if equity > 0:
        yield Reading(m.CAPITAL_USED, of, float(row.initial) / equity)
    yield from _fall(m.DRAWDOWN, row.account, row.peak, equity)
    yield from _fall(m.DAY_LOSS, row.account, row.day_start, equity)


def _fall(metric: m.Metric, account: str, since: str | None, equity: float) -> Iterator[Reading]:
    """The share that equity has fallen since; nothing of an account that had none."""
    start = float(since or 0)
    if start > 0:
        yield Reading(metric, (account,), 1 - equity / start)
