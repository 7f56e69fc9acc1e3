"""Walk-forward splits: parameters are chosen on a train span and judged on the test span after it.

    rolling    |--train--|e|--test--|              anchored   |--train--|e|--test--|
                    |--train--|e|--test--|                    |-----train-----|e|--test--|

e is the embargo: nothing of it is in either, so that what hangs together over the border (an open
position, an indicator's window) is not in both (Lopez de Prado, Advances in Financial Machine
Learning, 2018, 7.4.2). Each split is a test span later than the one before it, so the test spans
abut and together are one out-of-sample run (Pardo, The Evaluation and Optimization of Trading
Strategies, 2008, chapter 11).
"""

from __future__ import annotations

from typing import NamedTuple

from schemas.errors import TapelineError


class NoSplit(TapelineError):
    """A span that is too short for one train and one test span."""


class Window(NamedTuple):
    """From `since` on and before `until`, ns."""

    since: int
    until: int


class Split(NamedTuple):
    """Where parameters are chosen, and where the choice is judged; test None: nowhere."""

    train: Window
    test: Window | None


def walk_forward(
    whole: Window, train: int, test: int, embargo: int = 0, anchored: bool = False
) -> tuple[Split, ...]:
    """All splits that fit wholly, in order of time; lengths in ns. What is left over at the end is
    shorter than a test span. NoSplit where not even one fits."""
    if train <= 0 or test <= 0 or embargo < 0:
        raise NoSplit("train and test spans are longer than 0, an embargo is not shorter")
    count = (whole.until - whole.since - train - embargo) // test
    if count < 1:
        raise NoSplit("train, embargo and test span together are longer than the data")
    return tuple(
        _split(whole.since, whole.since + n * test, train, test, embargo, anchored)
        for n in range(count)
    )


def _split(first: int, at: int, train: int, test: int, embargo: int, anchored: bool) -> Split:
    begins = at + train + embargo
    return Split(Window(first if anchored else at, at + train), Window(begins, begins + test))
