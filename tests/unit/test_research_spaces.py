"""A space of settings: what its texts mean, and that a grid has every combination once."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.research.spaces import (
    Between,
    Listed,
    NoSpace,
    Space,
    Stepped,
    axis,
    share,
    space,
    text,
)

NAMES = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True)


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    made = []
    for name in draw(NAMES):
        if draw(st.booleans()):
            count = draw(st.integers(1, 5))
            made.append(axis(name, ",".join(map(str, range(count)))))
        else:
            low, steps = draw(st.integers(-5, 5)), draw(st.integers(0, 4))
            made.append(axis(name, f"{low}:{low + steps * 3}:3"))
    return Space(tuple(made))


@given(spaces())
def test_a_grid_has_every_combination_once(of: Space) -> None:
    found = [tuple(each.values()) for each in of.grid()]
    assert len(found) == len(set(found)) == of.size
    assert of.size == math.prod(len(each.values or ()) for each in of.axes)
    for place, each in enumerate(of.axes):
        assert {row[place] for row in found} == set(each.values or ())


@given(spaces(), st.integers(0, 9), st.integers(1, 12))
def test_draws_are_different_of_the_space_and_the_same_again(
    of: Space, seed: int, count: int
) -> None:
    found = [tuple(each.items()) for each in of.draws(seed, count)]
    assert found == [tuple(each.items()) for each in of.draws(seed, count)]
    assert len(found) == len(set(found)) == min(count, of.size or count)
    assert set(found) <= {tuple(each.items()) for each in of.grid()}


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("10,20,40", (10, 20, 40)),
        ("0.3:0.7:0.1", (0.3, 0.4, 0.5, 0.6, 0.7)),
        ("1:10:4", (1, 5, 9)),
        ("none,2,true,votes", (None, 2, True, "votes")),
        ([1, 2.5, "x"], (1, 2.5, "x")),
        ("5", (5,)),
    ],
)
def test_what_a_text_means(given: object, values: tuple[object, ...]) -> None:
    found = axis("a", given)
    assert found.values == values
    assert list(map(type, found.values or ())) == list(map(type, values))


@pytest.mark.parametrize(
    "wrong",
    ["", "1,,2", "1,1", "3:1", "1:2:0", "1:2:x", "a:b", "0:5:log", "1:2:3:4", "1:inf", 5, {}],
)
def test_what_is_no_axis_is_told(wrong: object) -> None:
    with pytest.raises(NoSpace, match="a"):
        axis("a", wrong)


def test_a_range_without_steps_has_no_grid_but_draws() -> None:
    found = space({"a": "1:1000:log", "b": "1,2"})
    assert isinstance(found.axes[0], Between)
    with pytest.raises(NoSpace, match="a has no steps"):
        list(found.grid())
    drawn = [float(each["a"] or 0) for each in found.draws(1, 400)]
    assert all(1 <= each <= 1000 for each in drawn)
    below = sum(each < 10 for each in drawn) / len(drawn)
    assert 0.25 < below < 0.42


def test_draws_are_even() -> None:
    counts = Counter(int(share(1, number, "a") * 10) for number in range(5000))
    assert set(counts) == set(range(10))
    assert all(400 < each < 600 for each in counts.values())


def test_a_value_is_written_as_it_is_read() -> None:
    values = (None, True, False, 3, 0.25, "votes")
    assert axis("a", ",".join(map(text, values))) == Listed("a", values)


def test_nothing_to_choose_is_told() -> None:
    with pytest.raises(NoSpace, match="--set"):
        space({})


def test_steps_are_exact() -> None:
    found = axis("a", "0:1:0.001")
    assert isinstance(found, Stepped)
    assert found.values == tuple(number / 1000 for number in range(1001))
