"""A model as data: its inputs and heads; engine.learning.scoring asks it.

Up to five heads, each of a target of engine.learning.targets:

    direction    probability that the price rises: target "horizon", that the close in `horizon`
                 bars is above this one; "barrier", that of two prices `barrier` ATR away the upper
                 is met first (or, where none is in `horizon` bars, as before)
    volatility   ln of the volatility of the next `outlook` bars over the trailing one
    drawdown     probability of a low `reach` ATR below the close within them
    runup        probability of a high `reach` ATR above it
    regime       probabilities of trend, range and panic

A head is `base` plus the score of its trees or its linear form, through its link, through its
calibration where it has one. All numbers that are read out are rounded to 12 significant digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from engine.learning.calibration import Calibration
from engine.learning.form import Form, Number
from engine.learning.logistic import Linear
from engine.learning.reference import Bins
from engine.learning.targets import REGIMES
from engine.learning.trees import Trees
from schemas.errors import TapelineError

FORMAT = 1

F = TypeVar("F", bound=Form)

HEADS: Mapping[str, str] = {
    "direction": "logistic",
    "volatility": "identity",
    "drawdown": "logistic",
    "runup": "logistic",
    "regime": "softmax",
}
"""All heads there are, with their links."""


class BadModel(TapelineError):
    """A file that is no model of ours."""


class Head(Form):
    """base: raw score of each output before any tree; rate: share of each class in the training,
    of class 1 alone for two (of a regression: the mean target). lean: of a softmax, how much of the
    scores beyond ln(rate) counts, 0 to 1: what is left is the base rate."""

    link: Literal["logistic", "identity", "softmax"]
    base: tuple[Number, ...] = Field(min_length=1, max_length=10)
    rate: tuple[Number, ...] = Field(min_length=1, max_length=10)
    trees: Trees | None = None
    linear: Linear | None = None
    calibration: Calibration | None = None
    lean: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.trees is None) == (self.linear is None):
            raise ValueError("it has trees or a linear form, one of them")
        if len(self.rate) != len(self.base):
            raise ValueError("base and rate are not of one length")
        if (self.link == "softmax") != (len(self.base) > 1):
            raise ValueError("only softmax has several outputs")
        if self.link == "softmax" and min(self.rate) <= 0:
            raise ValueError("a class has no share")
        if self.calibration is not None and self.link != "logistic":
            raise ValueError("only a probability of two is calibrated")
        return self

    def problem(self, inputs: int) -> str:
        """Why it does not fit so many inputs; "" where it does."""
        part = self.trees or self.linear
        assert part is not None
        return part.problem(inputs, len(self.base))


class Model(Form):
    """interval: of the bars that it was trained on, ns; cutoff: end of what it was trained on, ns:
    it knows nothing of later. reference: by input, what it looked like in the training. The rest as
    in the module's text.
    """

    format: Literal[1]
    kind: Literal["boosting", "logistic"]
    target: Literal["barrier", "horizon"]
    interval: int = Field(gt=0, lt=1 << 62)
    horizon: int = Field(ge=1, le=10_000)
    barrier: Number = Field(gt=0)
    outlook: int = Field(ge=1, le=10_000)
    reach: Number = Field(gt=0)
    cutoff: int = Field(gt=0)
    inputs: tuple[Annotated[str, Field(max_length=64)], ...] = Field(min_length=1, max_length=500)
    heads: dict[str, Head]
    reference: dict[str, Bins] = {}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if "direction" not in self.heads:
            raise ValueError("there is no head direction")
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError("an input is there twice")
        for name, head in self.heads.items():
            if HEADS.get(name) != head.link:
                raise ValueError(f"no head {name} with the link {head.link} is known")
            if name == "regime" and len(head.base) != len(REGIMES):
                raise ValueError(f"regimes are {', '.join(REGIMES)}")
            if problem := head.problem(len(self.inputs)):
                raise ValueError(f"head {name}: {problem}")
        return self

    @property
    def watched_barrier(self) -> float:
        """Distance of the two prices that its direction waits for, in ATR; 0 where it waits for
        none."""
        return self.barrier if self.target == "barrier" else 0.0


def parsed(text: bytes) -> Model:
    """The model of a file's bytes; BadModel, in one line, for what is none."""
    return read_as(Model, text)


def read_as(form: type[F], text: bytes) -> F:
    """What a file's bytes are, read as that form; BadModel, in one line, where they are not."""
    try:
        return form.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadModel(f"{f'{place}: ' if place else ''}{first['msg']}") from None
