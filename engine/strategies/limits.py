"""How much an advisor may lose at a market before it is muted, and when it is heard again.

What its votes lost, net of costs (engine.strategies.outcomes), is summed over the latest `hours`
of the market's time, in 24 parts, the oldest of which is let go as a whole. Where the sum is at
-bps or below it, the advisor abstains for `mute_hours`; with 0 until a person sets another limit
and starts the stage again. Its sum then begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import fsum

from pydantic import BaseModel, ConfigDict, Field

from engine.indicators import rounded
from engine.spans import SECOND

HOUR = 3600 * SECOND
PARTS = 24


class LossLimit(BaseModel):
    """bps: of the entry's price, over all outcomes of the window."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    bps: float = Field(gt=0)
    hours: float = Field(default=24.0, gt=0, le=8784)
    mute_hours: float = Field(default=24.0, ge=0, le=8784)

    @property
    def words(self) -> str:
        """As it is told."""
        return f"{self.bps:g} bps in {self.hours:g} h"


@dataclass
class Mute:
    """Since it was passed. until: ns; None: until the limit is another one. lost: basis points."""

    until: int | None
    lost: float
    limit: LossLimit


@dataclass
class Losses:
    """parts: number of a part of the window, counted from 1970, and the net of its outcomes."""

    parts: list[tuple[int, float]] = field(default_factory=list)
    mute: Mute | None = None

    def take(self, net: float, now: int, limit: LossLimit) -> None:
        """An outcome's net, in basis points; it may be the one that is too much."""
        part = now // max(1, int(limit.hours * HOUR) // PARTS)
        recent = [each for each in self.parts if each[0] > part - PARTS]
        if recent and recent[-1][0] == part:
            recent[-1] = (part, recent[-1][1] + net)
        else:
            recent.append((part, net))
        self.parts = recent
        lost = rounded(fsum(each for _, each in recent))
        if lost <= -limit.bps:
            until = now + int(limit.mute_hours * HOUR) if limit.mute_hours else None
            self.parts, self.mute = [], Mute(until, lost, limit)

    def heard_again(self, now: int, limit: LossLimit | None) -> bool:
        """End the mute where its time is over or its limit is another one; True where it did."""
        mute = self.mute
        if mute is None or (mute.limit == limit and (mute.until is None or now < mute.until)):
            return False
        self.mute = None
        return True
