"""Probabilities that mean what they say: from a raw score or a probability that does not.

Platt (Probabilistic Outputs for Support Vector Machines, 1999): 1 / (1 + exp(-(slope * s +
intercept))) of the raw score s, in log odds. Isotonic (Zadrozny & Elkan, KDD 2002): straight lines
between points whose values never fall, level beyond them.

Expected calibration error (Naeini, Cooper & Hauskrecht, AAAI 2015): over bins of equal width, the
mean of |share that came true - mean probability|, by samples.
"""

from __future__ import annotations

from itertools import pairwise
from math import exp
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from engine.learning.form import Form, Number

Floats = NDArray[np.float64]


def logistic(score: float) -> float:
    """1 / (1 + exp(-score)), without overflow."""
    if score >= 0:
        return 1 / (1 + exp(-score))
    grown = exp(max(score, -700.0))
    return grown / (1 + grown)


class Platt(Form):
    """Of the raw score."""

    name: Literal["platt"] = "platt"
    slope: Number
    intercept: Number

    def probability(self, score: float) -> float:
        """0 to 1."""
        return logistic(self.slope * score + self.intercept)


class Isotonic(Form):
    """Points of the raw score, ascending, with probabilities that never fall."""

    name: Literal["isotonic"] = "isotonic"
    scores: tuple[Number, ...] = Field(min_length=1)
    probabilities: tuple[Number, ...]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if len(self.scores) != len(self.probabilities):
            raise ValueError("its columns are not of one length")
        if any(a >= b for a, b in pairwise(self.scores)):
            raise ValueError("scores must be ascending")
        ordered = (0.0, *self.probabilities, 1.0)
        if any(a > b for a, b in pairwise(ordered)):
            raise ValueError("probabilities are from 0 to 1 and never fall")
        return self

    def probability(self, score: float) -> float:
        """0 to 1."""
        return float(np.interp(score, self.scores, self.probabilities))


Calibration = Annotated[Platt | Isotonic, Field(discriminator="name")]


class Bin(NamedTuple):
    """Of a reliability diagram: mean probability, share that came true, how many samples."""

    said: float
    came: float
    samples: int


def reliability(probabilities: Floats, outcomes: Floats, bins: int = 10) -> list[Bin]:
    """Bins of equal width from 0 to 1 that hold anything. outcomes: 0 or 1."""
    place = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    return [
        Bin(float(probabilities[here].mean()), float(outcomes[here].mean()), int(here.sum()))
        for each in range(bins)
        if (here := place == each).any()
    ]


def calibration_error(probabilities: Floats, outcomes: Floats, bins: int = 10) -> float:
    """The expected calibration error, 0 to 1; 0 without samples."""
    rows = reliability(probabilities, outcomes, bins)
    total = sum(row.samples for row in rows)
    return sum(abs(row.came - row.said) * row.samples for row in rows) / total if total else 0.0
