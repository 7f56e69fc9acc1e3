"""What a model's inputs looked like in its training: shares of bins, to tell a drift by.

The bounds are the deciles of the training's own values (fewer where values repeat), so that each
bin holds about a tenth; what was not known is a bin of its own, the last.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from engine.indicators import rounded
from engine.learning.form import Form, Number

Floats = NDArray[np.float64]

PARTS = 10


class Bins(Form):
    """bounds: ascending, a value at a bound is in the bin below it; shares: of each bin between
    them, and of what was not known; they sum up to 1."""

    bounds: tuple[Number, ...] = Field(max_length=100)
    shares: tuple[Number, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.shares) != len(self.bounds) + 2:
            raise ValueError("there is one bin more than bounds, and one of what is not known")
        if any(a >= b for a, b in pairwise(self.bounds)):
            raise ValueError("bounds must be ascending")
        return self

    @classmethod
    def of(cls, values: Floats) -> Bins:
        """Those of one input's training values; NaN: not known."""
        known = values[np.isfinite(values)]
        inner = np.arange(1, PARTS) / PARTS
        cuts = np.quantile(known, inner, method="lower") if len(known) else np.empty(0)
        bounds = tuple(dict.fromkeys(rounded(float(each)) for each in cuts))
        empty = cls(bounds=bounds, shares=(0.0,) * (len(bounds) + 2))
        whole = max(1, len(values))
        shares = tuple(rounded(each / whole) for each in empty.counts(values))
        return cls(bounds=bounds, shares=shares)

    def counts(self, values: Floats) -> list[int]:
        """How many values each bin holds."""
        places = np.searchsorted(self.bounds, values)
        places[np.isnan(values)] = len(self.bounds) + 1
        return [int(each) for each in np.bincount(places, minlength=len(self.bounds) + 2)]


def placed(bounds: Sequence[float], value: float) -> int:
    """The bin of a value; the last for NaN."""
    return bisect_left(bounds, value) if value == value else len(bounds) + 1
