"""The flow advisor: goes with the side that presses on the market.

Price changes over short times follow the imbalance of order flow, nearly in proportion, and that of
trades less closely (R. Cont, A. Kukanov, S. Stoikov, "The Price Impact of Order Book Events",
Journal of Financial Econometrics 12(1), 2014). The advisor takes one measure of `Signal.micro` from
-1 (all selling) to 1 (all buying), and follows its exponential average over records: the trades'
signed volume over their sum ("pressure_5s"), or the imbalance of the standing book
("book_imbalance_5").
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field, model_validator

from engine.indicators import rounded
from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance, opposite
from schemas.decisions import Verdict


class FlowSettings(OutlookSettings):
    """measure: its name in `Signal.micro`; where that is not known the advisor abstains.

    span: records that the average spans (weight of the newest 2 / (span + 1)). enter: the average
    from which it goes with the flow; leave: the average against its side from which it leaves.
    every: speak on every record, not only where a bar closed.
    """

    measure: str = Field(default="pressure_5s", min_length=1)
    span: int = Field(default=10, ge=1)
    enter: float = Field(default=0.3, gt=0, lt=1)
    leave: float = Field(default=0.1, gt=0, lt=1)
    every: bool = False

    @model_validator(mode="after")
    def _wider(self) -> FlowSettings:
        if self.leave > self.enter:
            raise ValueError("leave must not be more than enter")
        return self


@dataclass
class FlowState(Stance):
    """The side it last went with, and the measure's average, None before its first value."""

    average: float | None = None


class FlowAdvisor(Judge[FlowSettings, FlowState]):
    """Enters with a pressing side, leaves when the other one presses."""

    kind = "flow"

    def __init__(self, settings: FlowSettings, name: str = "") -> None:
        super().__init__(settings, name)
        self._newest = 2.0 / (settings.span + 1)
        self._blind = Judgment(Verdict.HOLD, reasons=(f"{settings.measure} is not known",))

    def judge(self, state: FlowState, context: Context) -> Judgment:
        """As every judge; where the measure is not known, that is said."""
        known = context.signal.micro.get(self.settings.measure) is not None
        return super().judge(state, context) if known else self._blind

    def opinion(self, state: FlowState, context: Context) -> Judgment | None:
        """Confidence 0.5 at the threshold, 1 where all press."""
        value = context.signal.micro[self.settings.measure]
        assert value is not None
        last = value if state.average is None else state.average
        state.average = last + self._newest * (value - last)
        if not (context.signal.fresh or self.settings.every):
            return None
        return self._pressed(state, rounded(state.average), context)

    def _pressed(self, state: FlowState, average: float, context: Context) -> Judgment | None:
        enter, side = self.settings.enter, SIDES[1 if average > 0 else -1]
        reason = f"{self.settings.measure} {average:+.3g} over {self.settings.span} records"
        if abs(average) >= enter:
            excess = (abs(average) - enter) / (1 - enter)
            return self.enter(state, context, side, excess, reason)
        turned = state.stance is opposite(side)
        return self.leave(reason) if turned and abs(average) >= self.settings.leave else None
