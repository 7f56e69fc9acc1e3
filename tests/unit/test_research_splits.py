"""Walk-forward splits: nothing that is judged on was seen when the choice was made."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.research.splits import NoSplit, Split, Window, walk_forward

LENGTH = st.integers(1, 50)


@given(st.integers(-100, 100), st.integers(1, 400), LENGTH, LENGTH, st.integers(0, 20),
       st.booleans())  # fmt: skip
def test_train_comes_before_its_test_and_tests_abut(
    since: int, length: int, train: int, test: int, embargo: int, anchored: bool
) -> None:
    assume(length >= train + embargo + test)
    whole = Window(since, since + length)
    found = walk_forward(whole, train, test, embargo, anchored)
    for each in found:
        assert each.test is not None
        assert each.train.until + embargo == each.test.since
        assert each.test.until - each.test.since == test
        assert whole.since <= each.train.since < each.train.until
        assert each.test.until <= whole.until
        wide = each.train.until - each.train.since
        assert wide >= train if anchored else wide == train
        assert not anchored or each.train.since == whole.since
    tests = [each.test for each in found if each.test is not None]
    assert all(one.until == other.since for one, other in pairwise(tests))
    assert whole.until - tests[-1].until < test


def test_by_hand() -> None:
    assert walk_forward(Window(0, 10), 4, 2, 1) == (
        Split(Window(0, 4), Window(5, 7)),
        Split(Window(2, 6), Window(7, 9)),
    )
    assert walk_forward(Window(0, 10), 4, 2, 1, anchored=True) == (
        Split(Window(0, 4), Window(5, 7)),
        Split(Window(0, 6), Window(7, 9)),
    )


@pytest.mark.parametrize(("train", "test", "embargo"), [(9, 2, 0), (4, 0, 0), (0, 4, 0), (1, 1, -1),
                                                         (5, 5, 1)])  # fmt: skip
def test_what_does_not_fit_is_told(train: int, test: int, embargo: int) -> None:
    with pytest.raises(NoSplit):
        walk_forward(Window(0, 10), train, test, embargo)
