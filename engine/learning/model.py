"""A model as data: its inputs and heads, and what it reads out of one signal.

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
from math import exp, log
from typing import Annotated, Literal, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from engine.indicators import rounded
from engine.learning.calibration import Calibration, logistic
from engine.learning.form import Form, Number
from engine.learning.logistic import Linear, Plane
from engine.learning.reference import Bins
from engine.learning.targets import REGIMES
from engine.learning.trees import Forest, Trees
from engine.learning.vector import Vector, vector
from schemas.errors import TapelineError
from schemas.signals import Signal

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


class Reading(NamedTuple):
    """What a model says. up, drawdown, runup: probabilities; volatility: of one bar over the
    horizon, a share of its trailing one (2: twice as much); regimes: by name. parts: of the log
    odds of `up` before calibration, by input, the largest first. None: it has no such head."""

    up: float
    volatility: float | None
    drawdown: float | None
    runup: float | None
    regimes: Mapping[str, float]
    parts: tuple[tuple[str, float], ...]


class Scorer:
    """A model ready to be asked; what it compiles is compiled here, once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        count = len(model.inputs)
        self._heads = {name: (head, _scored(head, count)) for name, head in model.heads.items()}

    def inputs(self, signal: Signal) -> Vector:
        """The inputs of a signal, in the model's order."""
        return vector(signal, self.model.inputs)

    def raw(self, name: str, x: Vector) -> tuple[list[float], NDArray[np.float64]]:
        """The raw scores of a head, and the parts of the inputs in them."""
        head, scored = self._heads[name]
        scores, parts = scored.scores(x)
        return [base + each for base, each in zip(head.base, scores.tolist(), strict=True)], parts

    def probability(self, name: str, x: Vector) -> float | None:
        """Of a head of two classes; None where the model has none."""
        if name not in self._heads:
            return None
        (score,), _ = self.raw(name, x)
        return self._calibrated(name, score)

    def read(self, x: Vector, most: int = 3) -> Reading:
        """All that it says of these inputs; most: parts that are told."""
        (score,), parts = self.raw("direction", x)
        return Reading(
            up=self._calibrated("direction", score),
            volatility=self._volatility(x),
            drawdown=self.probability("drawdown", x),
            runup=self.probability("runup", x),
            regimes=self._regimes(x),
            parts=self._largest(parts[0], most),
        )

    def _calibrated(self, name: str, score: float) -> float:
        calibration = self._heads[name][0].calibration
        return rounded(calibration.probability(score) if calibration else logistic(score))

    def _volatility(self, x: Vector) -> float | None:
        if "volatility" not in self._heads:
            return None
        (score,), _ = self.raw("volatility", x)
        return rounded(exp(min(max(score, -3.0), 3.0)))

    def _regimes(self, x: Vector) -> dict[str, float]:
        if "regime" not in self._heads:
            return {}
        head, _ = self._heads["regime"]
        told, _ = self.raw("regime", x)
        level = [log(rate) for rate in head.rate]
        scores = [at + head.lean * (each - at) for at, each in zip(level, told, strict=True)]
        top = max(scores)
        grown = [exp(max(each - top, -700.0)) for each in scores]
        whole = sum(grown)
        return {name: rounded(each / whole) for name, each in zip(REGIMES, grown, strict=True)}

    def _largest(self, parts: NDArray[np.float64], most: int) -> tuple[tuple[str, float], ...]:
        order = np.argsort(-np.abs(parts), kind="stable")[:most].tolist()
        return tuple((self.model.inputs[n], rounded(float(parts[n]))) for n in order if parts[n])


def _scored(head: Head, inputs: int) -> Forest | Plane:
    if head.trees is not None:
        return Forest(head.trees, inputs, len(head.base))
    assert head.linear is not None
    return Plane(head.linear)
