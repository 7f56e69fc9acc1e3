"""The online learner: goes where it has learnt, from this very market, that the price goes.

What it learns and how: engine.learning.learner. It is silent while it warms up, and where its
probability is near one half. Nothing is shown to it beforehand, so nothing of the future can be in
it; it forgets nothing, and learns ever more slowly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from pydantic import Field

from engine.indicators import rounded
from engine.learning.learner import Learner, LearnerSettings, Sample
from engine.learning.vector import BARS, vector
from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance

UNKNOWN = 0.25
"""Share of the inputs that may be unknown."""

MAIN_PARTS = 3
"""Inputs that are told."""


class OnlineSettings(OutlookSettings):
    """warm_up: outcomes that are learnt in silence; enter: distance from one half at which a
    probability says something; stop_atr: distance of the stop in ATR."""

    learner: LearnerSettings = LearnerSettings()
    warm_up: int = Field(default=500, ge=1)
    enter: float = Field(default=0.05, gt=0, lt=0.5)
    stop_atr: float = Field(default=3.0, gt=0)


@dataclass
class Pupil(Stance):
    """The side, and what has been learnt of which inputs."""

    inputs: tuple[str, ...] = BARS
    learner: Learner = field(default_factory=Learner)


class OnlineAdvisor(Judge[OnlineSettings, Pupil]):
    """Enters where the probability is beyond `enter`, leaves when it has crossed over."""

    kind = "online"
    on_bars = True
    on_features = True

    def opinion(self, state: Pupil, context: Context) -> Judgment | None:
        """Confidence 0.5 at the bound, 1 at twice the bound."""
        if (closed := context.bar("close")) is None:
            return None
        close, by = closed[0], self.settings.learner
        state.learner.closed(close, by)
        inputs = vector(context.signal, BARS).tolist()
        if few_known(inputs):
            return None
        sample = state.learner.foretell(inputs, close, by)
        if state.learner.known < self.settings.warm_up:
            return None
        return self._said(state, context, sample)

    def load(self, data: Any) -> Pupil:
        """The state that `dump` gave; what was learnt of other inputs is let go."""
        state = super().load(data)
        return state if state.inputs == BARS else Pupil()

    def _said(self, state: Pupil, context: Context, sample: Sample) -> Judgment | None:
        of, away = self.settings, rounded(sample.probability - 0.5)
        side = SIDES[1 if away > 0 else -1]
        if abs(away) >= of.enter:
            excess = abs(away) / of.enter - 1
            return self.enter(state, context, side, excess, *self._reasons(state.learner, sample))
        if state.stance is not None and away and side is not state.stance:
            return self.leave(*self._reasons(state.learner, sample))
        return None

    def _reasons(self, learner: Learner, sample: Sample) -> tuple[str, ...]:
        """The probability, how good those before it were, and the inputs that weigh most."""
        by, losses, known = self.settings.learner, learner.losses, learner.known
        parts = learner.ftrl.parts(sample.x, by.ftrl)[1:]
        main = sorted(zip(parts, BARS, strict=True), key=lambda part: (-abs(part[0]), part[1]))
        return (
            f"P(up) {sample.probability:.4f} in {by.horizon} bars, base rate {sample.base:.4f}",
            f"log loss {losses.log / known:.5f} of {known} outcomes, "
            f"{losses.base_log / known:.5f} of the base rate",
            ", ".join(f"{name} {part:+.3g}" for part, name in main[:MAIN_PARTS]),
        )


def few_known(inputs: Sequence[float]) -> bool:
    """Whether more than UNKNOWN of them is NaN: then nothing is foretold."""
    return sum(map(isnan, inputs)) > UNKNOWN * len(inputs)
