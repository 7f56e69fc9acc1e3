"""What kind of market it is: panic, trend or range, by a rule on indicators.

At each bar, with the ATR in basis points of the close, a:

    panic   a >= panic * mean of a          whatever else is true
    trend   |fast EMA - slow EMA| >= trend * ATR
    range   else

The mean is an exponential one over `memory` bars, the plain mean of all until so many have come;
this bar counts in it only after it has been held against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Regime = Literal["trend", "range", "panic"]
Weight = Annotated[float, Field(ge=0)]

BASIS = 1e4


class RegimeSettings(BaseModel):
    """panic, trend, memory: see the module's text. weights: in each regime, of advisors by name;
    one that is not named weighs there as it is set."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    panic: float = Field(default=2.0, gt=1)
    trend: float = Field(default=1.0, gt=0)
    memory: int = Field(default=200, ge=2)
    weights: dict[Regime, dict[str, Weight]] = {}


@dataclass
class Market:
    """The regime, None before the indicators are known; the mean of the ATR (basis points) and of
    how many bars it is."""

    regime: Regime | None = None
    mean: float = 0.0
    bars: int = 0

    def take(self, values: Mapping[str, float | None], by: RegimeSettings) -> None:
        """A bar has closed; values: its indicators by name."""
        close, atr, fast, slow = (values.get(n) for n in ("close", "atr", "ema_fast", "ema_slow"))
        if not close or atr is None or fast is None or slow is None:
            return
        size = BASIS * atr / close
        if self.bars and size >= by.panic * self.mean and size > 0:
            self.regime = "panic"
        else:
            self.regime = "trend" if abs(fast - slow) >= by.trend * atr > 0 else "range"
        self.bars = min(by.memory, self.bars + 1)
        self.mean += (size - self.mean) / self.bars
