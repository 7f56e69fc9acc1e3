"""How long a command takes to the venue: constant, drawn from a distribution, or as measured.

Nothing is random: a draw is a hash of the command's id, so the same command takes as long in every
run. Of two commands the later one may arrive first, as requests of their own do.

A market is timed by when its ticks were received. What the venue shows at t is received at
t + feed, so a command that reaches it at t meets the market that is received at t + feed: the
feed's latency is added to the order's (`Rules.due`). Both are one-way.
"""

from __future__ import annotations

from hashlib import blake2b
from math import exp, log
from statistics import NormalDist
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from engine.venue.parts import ConstantLatency

DRAWS = 1 << 64
"""Different draws."""

_NORMAL = NormalDist()
_P99 = _NORMAL.inv_cdf(0.99)


def draw(name: str) -> int:
    """A number below DRAWS that every name has for good, as if drawn evenly: its blake2b."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")


class LognormalLatency(BaseModel):
    """exp(mu + sigma * z), z the normal quantile of the draw; mu = ln(median), and
    sigma = ln(p99 / median) / z(0.99), so that 1 % of the commands take longer than p99. ns.

    Source of the quantile: M. Wichura, algorithm AS 241, Applied Statistics 37 (1988), as Python's
    statistics.NormalDist has it. Rounded to a nanosecond.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["lognormal"] = "lognormal"
    median: int = Field(gt=0)
    p99: int = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> LognormalLatency:
        if self.p99 < self.median:
            raise ValueError("p99 is no less than the median")
        return self

    def arrival(self, sent: int, name: str) -> int:
        """Sent plus what the command's name draws."""
        sigma = log(self.p99 / self.median) / _P99
        share = (draw(name) // (1 << 12) + 0.5) / (1 << 52)
        return sent + round(self.median * exp(sigma * _NORMAL.inv_cdf(share)))


class EmpiricalLatency(BaseModel):
    """One of the values given, ns, each as likely: what was measured (`engine.latencies`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["empirical"] = "empirical"
    values: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1)

    def arrival(self, sent: int, name: str) -> int:
        """Sent plus the value that the command's name draws."""
        return sent + self.values[draw(name) * len(self.values) // DRAWS]


def _named(given: Any) -> Any:
    """A table without a name is a constant."""
    return {"name": "constant", **given} if isinstance(given, dict) else given


AnyLatency = Annotated[
    Annotated[ConstantLatency | LognormalLatency | EmpiricalLatency, Field(discriminator="name")],
    BeforeValidator(_named),
]
"""A latency as settings have it: `{ nanoseconds = 5000000 }`, or a table with a name."""
