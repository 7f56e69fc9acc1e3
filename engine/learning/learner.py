"""What learns from the stream: will the price rise or fall, if it moves by more than a trade costs?

Prediction comes first, learning when the outcome is known (A. P. Dawid, Present Position and
Potential Developments: the Prequential Approach, J. R. Stat. Soc. A 147(2), 1984). At each bar:

1. A sample of `horizon` bars ago is due. Its outcome is up or down; where the close has moved by no
   more than `cost_bps` it has none, and is let go. The loss of the probability that was given to it
   then is counted, beside that of the base rate of that time, and the sample is learnt.
2. The inputs of this bar are scaled (engine.learning.scaling), scored (engine.learning.ftrl), and
   calibrated. They wait for their outcome as they are now.

Calibration is a running one of Platt's form: the probability is logistic(s + a s + b) of the score
s, where a and b begin at 0 and are learnt by FTRL-Proximal too, which draws them to 0.

The base rate is that of the outcomes known so far, (up + 1) / (all + 2).

All of it is +, -, *, / and square roots of floats: a state is the same to the bit on any machine,
and JSON keeps it exactly.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum

from pydantic import BaseModel, ConfigDict, Field

from engine.learning.exact import log_loss, logistic
from engine.learning.ftrl import Ftrl, FtrlSettings
from engine.learning.scaling import Scaling

BASIS = 1e4


class LearnerSettings(BaseModel):
    """horizon: bars to an outcome; cost_bps: a move of no more is none; ftrl: of the scores;
    calibration: of what is learnt of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    horizon: int = Field(default=12, ge=1, le=500)
    cost_bps: float = Field(default=10.0, ge=0)
    ftrl: FtrlSettings = FtrlSettings()
    calibration: FtrlSettings = FtrlSettings(alpha=0.02)


@dataclass
class Sample:
    """That waits for its outcome. due: its bar; close: where it began; score and probability as
    they were given, base: the base rate then; x: the scaled inputs, a 1 before them."""

    due: int
    close: float
    score: float
    probability: float
    base: float
    x: list[float]


@dataclass
class Losses:
    """Sums over the outcomes: of log losses and of squared errors, ours and the base rate's."""

    log: float = 0.0
    base_log: float = 0.0
    squared: float = 0.0
    base_squared: float = 0.0

    @property
    def told(self) -> tuple[float, float, float, float]:
        """All four, in their order."""
        return self.log, self.base_log, self.squared, self.base_squared

    def add(self, sample: Sample, up: bool) -> None:
        """What became of a sample."""
        self.log += log_loss(sample.probability, up)
        self.base_log += log_loss(sample.base, up)
        self.squared += (sample.probability - up) ** 2
        self.base_squared += (sample.base - up) ** 2


@dataclass
class Learner:
    """All that has been learnt. bars: taken so far; known, up: outcomes, and those that were up."""

    bars: int = 0
    scaling: Scaling = field(default_factory=Scaling)
    ftrl: Ftrl = field(default_factory=Ftrl)
    calibration: Ftrl = field(default_factory=lambda: Ftrl.of(2))
    waiting: list[Sample] = field(default_factory=list)
    known: int = 0
    up: int = 0
    losses: Losses = field(default_factory=Losses)

    def closed(self, close: float, by: LearnerSettings) -> None:
        """A bar has closed: learn from the sample that is due."""
        self.bars += 1
        while self.waiting and self.waiting[0].due <= self.bars:
            sample = self.waiting.pop(0)
            moved = (close / sample.close - 1) * BASIS
            if abs(moved) > by.cost_bps:
                self._learn(sample, moved > 0, by)

    def foretell(self, inputs: Sequence[float], close: float, by: LearnerSettings) -> Sample:
        """The bar's sample, with its probability; it waits from now on."""
        if not self.ftrl.z:
            self.scaling, self.ftrl = Scaling.of(len(inputs)), Ftrl.of(len(inputs) + 1)
        self.scaling.take(inputs)
        x = [1.0, *self.scaling.scaled(inputs)]
        score = self.ftrl.score(x, by.ftrl)
        sample = Sample(
            due=self.bars + by.horizon,
            close=close,
            score=score,
            probability=self._calibrated(score, by),
            base=(self.up + 1) / (self.known + 2),
            x=x,
        )
        insort(self.waiting, sample, key=lambda each: each.due)  # the horizon may be another now
        return sample

    def _calibrated(self, score: float, by: LearnerSettings) -> float:
        return logistic(fsum((score, self.calibration.score((score, 1.0), by.calibration))))

    def _learn(self, sample: Sample, up: bool, by: LearnerSettings) -> None:
        self.losses.add(sample, up)
        self.known += 1
        self.up += up
        now = self._calibrated(sample.score, by) - up
        self.calibration.learn((sample.score, 1.0), now, by.calibration)
        score = self.ftrl.score(sample.x, by.ftrl)
        self.ftrl.learn(sample.x, logistic(score) - up, by.ftrl)
