"""Funding by rates that are known beforehand, for markets whose recording announces none."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from operator import itemgetter

from pydantic import BaseModel, ConfigDict, model_validator

from engine.venue.market import Announced

Rate = tuple[int, str]
"""When it is due (ns) and the share of the position's value that a long one pays, as text."""


class FundingSchedule(BaseModel):
    """rates: by market (`venue:symbol`), in order of time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rates: Mapping[str, tuple[Rate, ...]]

    @model_validator(mode="after")
    def _ascending(self) -> FundingSchedule:
        for key, rates in self.rates.items():
            times = [due for due, _ in rates]
            if times != sorted(set(times)):
                raise ValueError(f"{key}: funding times ascend")
        return self

    def next(self, key: str, after: int) -> Announced | None:
        """The first payment of a market later than a time, without a mark; None for none."""
        rates = self.rates.get(key, ())
        place = bisect_right(rates, after, key=itemgetter(0))
        return Announced("", rates[place][1], rates[place][0]) if place < len(rates) else None
