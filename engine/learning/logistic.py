"""Linear scores of scaled inputs: logistic regression, or ridge regression, as numbers."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from engine.learning.form import Form, Number
from engine.learning.vector import Vector

LEAST = 1e-9
"""Deviation of an input, at least."""


class Linear(Form):
    """Score of an output: sum of coefficient * (input - mean) / deviation. An input that is not
    known counts as its mean, which adds nothing. coefficients: a row an output.
    """

    mean: tuple[Number, ...]
    deviation: tuple[Number, ...]
    coefficients: tuple[tuple[Number, ...], ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        count = len(self.mean)
        if any(len(row) != count for row in (self.deviation, *self.coefficients)):
            raise ValueError("its rows are not of one length")
        if any(each < LEAST for each in self.deviation):
            raise ValueError("a deviation is too near to 0")
        return self

    def problem(self, inputs: int, outputs: int) -> str:
        """Why it does not fit so many inputs and outputs; "" where it does."""
        if len(self.mean) != inputs:
            return f"it has {len(self.mean)} inputs, not {inputs}"
        fits = len(self.coefficients) == outputs
        return "" if fits else f"it has {len(self.coefficients)} outputs, not {outputs}"


class Plane:
    """Linear scores in arrays: a row an output, those of one form behind those before it."""

    def __init__(self, *linear: Linear) -> None:
        rows = [(each, row) for each in linear for row in each.coefficients]
        self._mean = np.array([each.mean for each, _ in rows])
        self._deviation = np.array([each.deviation for each, _ in rows])
        self._rows = np.array([row for _, row in rows])

    def scores(self, x: Vector) -> tuple[Vector, NDArray[np.float64]]:
        """By output its score, and the part that each input has in it, shape (outputs, inputs).

        The sums are cumulative ones, in the order of the inputs: a sum by pairs, or by a library's
        own blocks, might differ from one machine to the next in its last digit.
        """
        scaled = (x - self._mean) / self._deviation
        scaled[np.isnan(scaled)] = 0.0
        parts = self._rows * scaled
        return parts.cumsum(axis=1)[:, -1], parts
