"""Which samples of a time series may train a model that is judged on a later span.

A target looks ahead: a sample before the test span whose target ends within it has seen a part of
it. Such samples are purged, and so are those whose target ends within the embargo before the span
(Lopez de Prado, Advances in Financial Machine Learning, 2018, 7.4.1 and 7.4.2).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.research.splits import NoSplit, Split, Window

Times = NDArray[np.int64]
Flags = NDArray[np.bool_]


def trained(times: Times, ends: Times, split: Split) -> Flags:
    """Samples that may train: of the train span, with targets that end before it does.

    times: of each sample, ns; ends: when its target was known, ns. The embargo lies between the
    split's spans (engine.research.splits).
    """
    since, until = split.train
    return np.asarray((times >= since) & (times < until) & (ends < until))


def tested(times: Times, ends: Times, split: Split) -> Flags:
    """Samples of the test span, whose targets may end after it."""
    assert split.test is not None, "a split to be judged has a test span"
    since, until = split.test
    return np.asarray((times >= since) & (times < until) & (ends >= since))


def blocks(times: Times, count: int, embargo: int) -> tuple[Split, ...]:
    """Walk-forward splits of samples that are unequally spread in time: their times in order are
    cut into count + 1 equal parts; each but the first is a test span, and all before it, less the
    embargo (ns), its train span. NoSplit with fewer than two samples a part."""
    ordered = np.sort(times)
    if len(ordered) < 2 * (count + 1):
        raise NoSplit(
            f"{len(ordered)} samples are too few for {count} splits: more bars are needed"
        )
    cuts = [int(ordered[len(ordered) * n // (count + 1)]) for n in range(count + 1)]
    edges = [*cuts, int(ordered[-1]) + 1]
    return tuple(
        Split(Window(edges[0], since - embargo), Window(since, until))
        for since, until in pairwise(edges[1:])
    )
