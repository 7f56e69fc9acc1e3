"""The word of an advisor that is asked beside the stream: the newest one of ai.advice that counts.

Said on the record on which it is first read, and again at each bar while it holds: so it is heard
at once, and together with advisors that speak at bars. Once the market is at its stop or target it
is over; while the market is further than `chase` beyond the entry that it names, it waits.
"""

from dataclasses import dataclass

from pydantic import Field

from engine.advice.standing import reached
from engine.indicators import rounded
from engine.strategies import Context, Judge, Judgment, OutlookSettings, levels


class AdvisedSettings(OutlookSettings):
    """advisor: its name on ai.advice; it is not heard below minimum_confidence; chase: percent."""

    advisor: str = Field(default="judge", min_length=1)
    minimum_confidence: float = Field(default=0.5, ge=0, le=1)
    chase: float = Field(default=0.25, ge=0)


@dataclass
class Heard:
    """When the opinion expires that was said last, and when the one that is over does."""

    said: int = 0
    over: int = 0


class AdvisedAdvisor(Judge[AdvisedSettings, Heard]):
    """Says what it was advised, as code has bounded it."""

    kind = "advised"
    on_bars = True  # a backtest of columns has no advice, and so hears nothing from here

    def advice(self, market: str) -> tuple[str, ...]:
        """The one advisor of its settings."""
        return (self.settings.advisor,)

    def opinion(self, state: Heard, context: Context) -> Judgment | None:
        """The opinion with its levels, reasons and age; None where there is none that holds."""
        one, signal = context.advice.get(self.settings.advisor), context.signal
        if one is None or one.confidence < self.settings.minimum_confidence:
            return None
        over, away = reached(one, signal, self.settings.chase)
        state.over = one.expires if over else state.over
        if state.over == one.expires or away or (state.said == one.expires and not signal.fresh):
            return None
        state.said, since = one.expires, rounded((context.now - one.since) / 1e9)
        left = rounded((one.expires - context.now) / 1e9)
        why = f"{one.advisor} said {one.verdict} {since:.3g} s ago, which holds {left:.3g} s more"
        stop, target = (float(at) if at else None for at in (one.stop, one.target))
        prices = levels(one.verdict, signal, stop, target)
        return Judgment(one.verdict, one.confidence, prices, (why, *one.reasons))
