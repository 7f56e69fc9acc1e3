"""A policy as data: what to hold after each bar, from its inputs and from what it holds already.

    score  = bias + sum of coefficient * (input - mean) / deviation + stay * way
    action = long from 1 on, short from -1 down, flat between

`way` is its action of the bar before: 1 long, 0 flat, -1 short. So `stay` is what a change costs
it, learnt: with more than nothing it enters late and leaves late. An input that is not known counts
as its mean. Unlike a model it foretells nothing: it was searched for by what its actions earn, net
of costs (gateway.models.evolving). Scores are rounded to 12 significant digits.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from engine.indicators import rounded
from engine.learning.form import Form, Number
from engine.learning.logistic import Linear, Plane
from engine.learning.model import read_as
from engine.learning.reference import Bins
from engine.learning.scoring import largest
from engine.learning.vector import Vector, vector
from schemas.signals import Signal

KIND = "policy"

BOUND = 1.0
"""Score from which, either way, it holds a side."""


class Policy(Form):
    """interval: of the bars that it was trained on, ns; cutoff: end of all that it was trained and
    chosen on, ns; reference: by input, what it looked like there. The rest as in the module's text.
    """

    format: Literal[1]
    kind: Literal["policy"]
    interval: int = Field(gt=0, lt=1 << 62)
    cutoff: int = Field(gt=0)
    inputs: tuple[Annotated[str, Field(max_length=64)], ...] = Field(min_length=1, max_length=500)
    linear: Linear
    bias: Number
    stay: Annotated[Number, Field(ge=0)]
    reference: dict[str, Bins] = {}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError("an input is there twice")
        if problem := self.linear.problem(len(self.inputs), 1):
            raise ValueError(problem)
        if strangers := self.reference.keys() - set(self.inputs):
            raise ValueError(f"{min(strangers)} is in the reference and no input")
        return self

    @property
    def silent(self) -> bool:
        """Whether it holds nothing, whatever it sees."""
        return abs(self.bias) < BOUND and not any(self.linear.coefficients[0])


class Action(NamedTuple):
    """way: 1 long, 0 flat, -1 short; score: of it; parts: of the score by input, the largest
    first."""

    way: int
    score: float
    parts: tuple[tuple[str, float], ...]


class Actor:
    """A policy ready to be asked."""

    def __init__(self, model: Policy) -> None:
        self.model = model
        self._plane = Plane(model.linear)

    def inputs(self, signal: Signal) -> Vector:
        """The inputs of a signal, in the policy's order."""
        return vector(signal, self.model.inputs)

    def act(self, x: Vector, way: int, most: int = 3) -> Action:
        """What to hold, having held `way`; most: parts that are told."""
        (score,), parts = self._plane.scores(x)
        whole = rounded(float(score) + self.model.bias + self.model.stay * way)
        named = largest(self.model.inputs, parts[0], most)
        return Action((whole >= BOUND) - (whole <= -BOUND), whole, named)


def policy(text: bytes) -> Policy:
    """The policy of a file's bytes; BadModel, in one line, for what is none."""
    return read_as(Policy, text)
