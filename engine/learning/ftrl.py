"""Logistic regression that learns one sample at a time: FTRL-Proximal.

H. B. McMahan et al., Ad Click Prediction: a View from the Trenches, KDD 2013, algorithm 1. With z
and n of each input, which both begin at 0, its weight is

    w = 0 where |z| <= l1, else -(z - sign(z) l1) / ((beta + sqrt n) / alpha + l2)

and a sample of gradient g = (probability - outcome) * x changes them by

    z += g - w (sqrt(n + g^2) - sqrt n) / alpha        n += g^2

Sums of products are exactly rounded ones (math.fsum), roots are IEEE 754's: the same bits anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import copysign, fsum, sqrt

from pydantic import BaseModel, ConfigDict, Field


class FtrlSettings(BaseModel):
    """alpha: of the learning rates, which are alpha / (beta + sqrt n); l1, l2: regularisation."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    alpha: float = Field(default=0.05, gt=0, le=10)
    beta: float = Field(default=1.0, gt=0)
    l1: float = Field(default=0.0, ge=0)
    l2: float = Field(default=1.0, ge=0)

    def weight(self, z: float, n: float) -> float:
        """Of an input (see the module's text)."""
        if abs(z) <= self.l1:
            return 0.0
        return -(z - copysign(self.l1, z)) / ((self.beta + sqrt(n)) / self.alpha + self.l2)


@dataclass
class Ftrl:
    """z and n, one each an input."""

    z: list[float] = field(default_factory=list)
    n: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, inputs: int) -> Ftrl:
        """That has learnt nothing."""
        return cls([0.0] * inputs, [0.0] * inputs)

    def parts(self, x: Sequence[float], by: FtrlSettings) -> list[float]:
        """Weight times input; their sum is the score, in log odds."""
        weigh = by.weight
        return [weigh(z, n) * each for z, n, each in zip(self.z, self.n, x, strict=True)]

    def score(self, x: Sequence[float], by: FtrlSettings) -> float:
        """The log odds of 1."""
        return fsum(self.parts(x, by))

    def learn(self, x: Sequence[float], error: float, by: FtrlSettings) -> None:
        """From a sample. error: the probability that it was given less its outcome, 0 or 1."""
        for place, each in enumerate(x):
            if not each:
                continue
            z, n, g = self.z[place], self.n[place], error * each
            grown = n + g * g
            self.z[place] = z + g - by.weight(z, n) * (sqrt(grown) - sqrt(n)) / by.alpha
            self.n[place] = grown
