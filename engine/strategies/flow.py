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
from typing import Any

from pydantic import Field, model_validator

from engine.indicators import rounded
from engine.strategies.advisor import graded, opposite, side_of, side_text, silence
from engine.strategies.levels import levels
from engine.strategies.outlook import Opinion, OutlookSettings, vote
from schemas.decisions import Verdict, Vote
from schemas.signals import Signal


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


@dataclass(slots=True)
class FlowState:
    """The measure's average, None before its first value, and the side it last went with."""

    average: float | None = None
    stance: Verdict | None = None


class FlowAdvisor:
    """Enters with a pressing side, leaves when the other one presses."""

    kind = "flow"

    def __init__(self, settings: FlowSettings, name: str = "flow") -> None:
        self.settings, self.name = settings, name
        self._newest = 2.0 / (settings.span + 1)
        self._silent = silence(name, settings.weight)
        why = f"{settings.measure} is not known"
        self._blind = self._silent.model_copy(update={"reasons": (why,)})

    def initial(self) -> FlowState:
        """No average and no stance."""
        return FlowState()

    def advise(self, state: FlowState, signal: Signal) -> Vote:
        """LONG or SHORT, EXIT, or HOLD; confidence 0.5 at the threshold, 1 where all press."""
        value = signal.micro.get(self.settings.measure)
        if value is None:
            return self._blind
        last = value if state.average is None else state.average
        state.average = last + self._newest * (value - last)
        if not (signal.fresh or self.settings.every):
            return self._silent
        opinion = self._opinion(state, rounded(state.average), signal)
        return self._silent if opinion is None else vote(self.name, self.settings, opinion, signal)

    def _opinion(self, state: FlowState, average: float, signal: Signal) -> Opinion | None:
        enter, side = self.settings.enter, Verdict.LONG if average > 0 else Verdict.SHORT
        reason = f"{self.settings.measure} {average:+.3g} over {self.settings.span} records"
        if abs(average) >= enter:
            state.stance = side
            confidence = graded((abs(average) - enter) / (1 - enter))
            return Opinion(side, confidence, levels(side, signal, None, None), (reason,))
        turned = state.stance is not None and side is opposite(state.stance)
        if not turned or abs(average) < self.settings.leave:
            return None
        return Opinion(Verdict.EXIT, 0.5, reasons=(reason,))

    def dump(self, state: FlowState) -> Any:
        """The average and the stance."""
        return {"average": state.average, "stance": side_text(state.stance)}

    def load(self, data: Any) -> FlowState:
        """The state that `dump` gave."""
        return FlowState(data["average"], side_of(data["stance"]))
