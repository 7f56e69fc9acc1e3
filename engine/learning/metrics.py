"""How good probabilities are, beside a forecast that knows nothing but the base rate.

log loss    mean of -ln(probability of what came)
Brier       mean of (probability - outcome)^2, over classes summed (Brier, 1950)
skill       1 - log loss / log loss of the base rate: 0 knows nothing more, below 0 knows less
hit rate    share in which the likelier outcome came
AUC         chance that one that came true has the larger probability than one that did not,
            ties half (Mann & Whitney, 1947)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.indicators import rounded
from engine.learning.calibration import calibration_error

Floats = NDArray[np.float64]

LEAST = 1e-12
"""A probability of nothing that comes true costs a finite log loss."""


@dataclass(frozen=True, slots=True)
class Quality:
    """See the module's text; base_*: of the base rate. auc, calibration_error: None for more than
    two classes, and auc where all outcomes are alike."""

    count: int
    log_loss: float
    base_log_loss: float
    brier: float
    base_brier: float
    hit_rate: float
    base_hit_rate: float
    skill: float
    auc: float | None = None
    calibration_error: float | None = None


def log_losses(chosen: Floats) -> Floats:
    """-ln of the probability that was given to what came, by sample."""
    return np.asarray(-np.log(np.maximum(chosen, LEAST)))


def of_classes(given: Floats, base: Floats, outcomes: Floats) -> Quality | None:
    """given, base: probabilities, shape (samples, classes); outcomes: numbers of classes. None
    without samples."""
    count = len(outcomes)
    if not count:
        return None
    came = outcomes.astype(np.int64)
    rows = np.arange(count)
    told = np.eye(given.shape[1])[came]
    loss, base_loss = (float(log_losses(each[rows, came]).mean()) for each in (given, base))
    return Quality(
        count=count,
        log_loss=rounded(loss),
        base_log_loss=rounded(base_loss),
        brier=rounded(float(((given - told) ** 2).sum(axis=1).mean())),
        base_brier=rounded(float(((base - told) ** 2).sum(axis=1).mean())),
        hit_rate=rounded(float((given.argmax(axis=1) == came).mean())),
        base_hit_rate=rounded(float((base.argmax(axis=1) == came).mean())),
        skill=rounded(1 - loss / base_loss) if base_loss else 0.0,
    )


def of_two(given: Floats, base: Floats, outcomes: Floats) -> Quality | None:
    """given, base: probability of 1; outcomes: 0 or 1. Brier is of the one probability."""
    two, known = (np.column_stack([1 - each, each]) for each in (given, base))
    both = of_classes(two, known, outcomes)
    if both is None:
        return None
    return Quality(
        count=both.count,
        log_loss=both.log_loss,
        base_log_loss=both.base_log_loss,
        brier=rounded(both.brier / 2),
        base_brier=rounded(both.base_brier / 2),
        hit_rate=both.hit_rate,
        base_hit_rate=both.base_hit_rate,
        skill=both.skill,
        auc=auc(given, outcomes),
        calibration_error=rounded(calibration_error(given, outcomes)),
    )


def auc(given: Floats, outcomes: Floats) -> float | None:
    """The area under the receiver operating characteristic, by ranks."""
    true = outcomes > 0
    ones, zeros = int(true.sum()), int((~true).sum())
    if not ones or not zeros:
        return None
    _, place, counts = np.unique(given, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks = float(middle[place][true].sum())
    return rounded((ranks - ones * (ones + 1) / 2) / (ones * zeros))
