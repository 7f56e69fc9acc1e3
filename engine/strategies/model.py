"""The embedded model: goes where its calibrated probability is beyond a bound.

A model is data (engine.learning.model), trained by `tapeline models train`; how seats ask one:
engine.strategies.asking. Its confidence is the probability, graded from 0.5 at `enter` to 1 at
`sure`; its risk is the model's own probability of a move of `reach` ATR against the side.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from engine.learning.scoring import Reading
from engine.strategies import SIDES, Context, Judgment
from engine.strategies.asking import AskingJudge, AskingSettings, Held
from engine.strategies.voice import Voice, scorer


class ModelSettings(AskingSettings):
    """Beside those of every seat that asks a stored model:

    enter: probability (of a rise, or of a fall) from which it enters; sure: from which it is as
    sure as can be; leave: probability of its side at or below which it leaves. horizon: bars after
    its last word for a side at which it leaves; None: the model's. stop_volatility: distance of the
    stop in deviations that the model foretells for the horizon; stop_atr: in ATR, where the model
    foretells none. cost_bps: what a round trip costs: it enters only where it expects more, which
    is (2 * probability - 1) * the usual move, the barrier or sqrt(2 / pi) deviations. panic:
    probability of panic from which it enters no LONG.
    """

    enter: float = Field(default=0.55, ge=0.5, lt=1)
    sure: float = Field(default=0.65, gt=0.5, le=1)
    leave: float = Field(default=0.5, gt=0, lt=1)
    horizon: int | None = Field(default=None, ge=1)
    stop_volatility: float = Field(default=3.0, gt=0)
    stop_atr: float = Field(default=3.0, gt=0)
    cost_bps: float = Field(default=0.0, ge=0)
    panic: float = Field(default=0.5, gt=0, le=1)

    def check(self, text: bytes) -> None:
        """As `scorer` has it."""
        scorer(text)

    @model_validator(mode="after")
    def _graded(self) -> Self:
        if self.sure <= self.enter:
            raise ValueError("sure must be more than enter")
        return self


class ModelAdvisor(AskingJudge[ModelSettings, Held, Voice, Reading]):
    """Asks its model at each bar."""

    kind = "model"
    settings_type, state_type = ModelSettings, Held

    def speaking(self, settings: ModelSettings) -> Voice:
        """The model with the settings that it is asked under."""
        return Voice(settings)

    def said(
        self, state: Held, context: Context, voice: Voice, reading: Reading
    ) -> Judgment | None:
        """A side that is likely and worth enough, or that it leaves one."""
        for way in (1, -1):
            if voice.enters(way, reading, context.signal):
                state.stance, state.bars = SIDES[way], 0
                return voice.entry(way, reading, context.signal)
        leaving = voice.leaves(state, reading)
        return self.leave(*leaving) if leaving else None
