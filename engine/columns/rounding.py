"""Columns of floats to 12 significant digits: the floats that `engine.indicators.rounded` gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.indicators import DIGITS, rounded

Floats = NDArray[np.float64]

POWERS = np.array([float(10**power) for power in range(23)])
"""Of ten, all that are exact floats."""

NEAR = 1e-3
"""What a product of a float and a power of ten may be off by, and more, where it is below 10^13."""


def rounded_all(values: Floats) -> Floats:
    """Each value to 12 significant digits, a negative zero as zero; NaN stays.

    The digits are an integer below 2^53, and so is the power of ten that it is divided by: one
    rounding, as when their text is read. Where a product of floats does not tell which integer, or
    how many digits there are before the point, the text itself is made.
    """
    flat = values.ravel()
    size = np.abs(flat)
    with np.errstate(invalid="ignore", divide="ignore"):
        places = DIGITS - 1 - np.floor(np.log10(size))
        sure = (places >= 0) & (places < len(POWERS))
        power = POWERS[np.where(sure, places, 0).astype(np.int64)]
        digits = size * power
        whole = np.rint(digits)
        sure &= (whole > 10 ** (DIGITS - 1)) & (whole < 10**DIGITS)
        sure &= np.abs(np.abs(digits - whole) - 0.5) > NEAR
        found = np.copysign(whole / power, flat)
    for at in np.flatnonzero(~sure & ~np.isnan(flat)):
        found[at] = rounded(float(flat[at]))
    found[np.isnan(flat)] = np.nan
    made: Floats = found.reshape(values.shape)
    return made
