"""How much of the hour's budget is spent, for whoever watches."""

from __future__ import annotations

import time
from collections.abc import Iterator

from engine.advice.budget import Ledger
from schemas import metrics as m
from schemas.metrics import Reading


def spent(ledger: Ledger, now: int | None = None) -> Iterator[Reading]:
    """Of each limit of all advisors together. now: ns since 1970."""
    known = ledger.total(time.time_ns() if now is None else now)._asdict()
    for name, limit in ledger.limits._asdict().items():
        if limit > 0:
            yield Reading(m.ADVICE_BUDGET, (name,), known[name] / limit)
