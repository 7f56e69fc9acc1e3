"""A search's course, its choice, and the out-of-sample run, whatever order it is run in."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.research.course import Course, Fixed, Proposer, Task, fixed
from engine.research.forward import chosen, forward, joined
from engine.research.selection import Goal, adjacent, plateau, stabilities
from engine.research.spaces import Parameters, Space, space
from engine.research.splits import Split, Window, walk_forward
from engine.research.trials import Trial, common_period, periods
from engine.spans import DAY, SECOND
from gateway.research.tpe import Tpe
from tests.unit.searching import outcome, played

SPACE = space({"x": "0:6:1", "y": "1,3,5"})
WHOLE = Window(0, 100 * SECOND)
SPLITS = walk_forward(WHOLE, 40 * SECOND, 20 * SECOND, SECOND)
GOAL = Goal()


def courses(make: Callable[[int], Proposer]) -> list[Course]:
    return [Course(number, split, make(number), GOAL) for number, split in enumerate(SPLITS)]


def run(found: list[Course], order: random.Random | None = None) -> list[Task]:
    """All to their end, tasks in any order; the tasks."""
    waiting: list[Task] = []
    told: list[Task] = []
    while True:
        for course in found:
            waiting += course.ready()
        if not waiting:
            return told
        at = order.randrange(len(waiting)) if order else 0
        task = waiting.pop(at)
        told.append(task)
        found[task.split].take(played(task))


MAKERS: dict[str, Callable[[int], Proposer]] = {
    "grid": lambda _: fixed(SPACE, "grid", 1, 0),
    "random": lambda _: fixed(SPACE, "random", 1, 9),
    "tpe": lambda number: Tpe(SPACE, GOAL, 1, number, 18),
}


@pytest.mark.parametrize("method", MAKERS)
@settings(max_examples=5, deadline=None)
@given(st.integers())
def test_what_is_run_does_not_depend_on_the_order_in_which_it_comes_back(
    method: str, seed: int
) -> None:
    first, other = courses(MAKERS[method]), courses(MAKERS[method])
    run(first)
    run(other, random.Random(seed))
    assert [each.trials for each in first] == [each.trials for each in other]


@pytest.mark.parametrize("method", MAKERS)
def test_each_trial_is_run_once_and_the_chosen_one_is_judged_on_its_test_span(method: str) -> None:
    found = courses(MAKERS[method])
    tasks = run(found)
    assert len({task.key for task in tasks}) == len(tasks)
    for course in found:
        assert course.done
        mine = [task for task in tasks if task.split == course.number]
        *trained, tested = mine
        assert {task.window for task in trained} == {course.split.train}
        assert len({tuple(task.parameters.items()) for task in trained}) == len(trained)
        assert (tested.role, tested.window) == ("test", course.split.test)
        best = GOAL.best(each for each in course.trials if each.role == "train")
        assert best is not None
        assert tested.parameters == best.parameters
        values = [GOAL.value(each) or -9.0 for each in course.trials if each.role == "train"]
        assert GOAL.value(best) == max(values)


def test_a_grid_is_the_whole_space() -> None:
    tasks = run(courses(MAKERS["grid"]))
    trained = [task for task in tasks if task.role == "train" and task.split == 0]
    assert [task.parameters for task in trained] == [*SPACE.grid()]


def test_tpe_finds_what_chance_would_not() -> None:
    """3,721 combinations, 60 tries, of which chance hits the 9 about (3, 3) in one of seven."""
    wide = space({"x": "-30:30:1", "y": "-30:30:1"})
    course = Course(0, Split(Window(0, 400 * SECOND), None), Tpe(wide, GOAL, 2, 0, 60), GOAL)
    run([course])
    best = GOAL.best(course.trials)
    assert best is not None
    assert all(abs(float(value or 0) - 3) <= 1 for value in best.parameters.values())
    assert len(course.trials) == 60


def test_tpe_ends_when_all_of_a_space_was_tried() -> None:
    small = space({"x": "1,2,3", "w": "votes,settings"})
    proposer, trials = Tpe(small, GOAL, 1, 0, 50), list[Trial]()
    while new := proposer.propose(trials):
        trials += [Trial(0, len(trials) + n, "train", each, outcome([0.1, float(str(each["x"]))]))
                   for n, each in enumerate(new)]  # fmt: skip
    assert len(trials) == 6


def test_a_trial_is_not_chosen_without_a_value_or_with_too_few_trips() -> None:
    rows = [
        Trial(0, 0, "train", {"x": 0}, None, "wrong"),
        Trial(0, 1, "train", {"x": 1}, outcome([0.02, 0.03, 0.02], trips=1)),
        Trial(0, 2, "train", {"x": 2}, outcome([0.0, 0.0, 0.0])),
        Trial(0, 3, "train", {"x": 3}, outcome([0.01, 0.02, 0.0])),
        Trial(0, 4, "train", {"x": 3}, outcome([0.01, 0.02, 0.0])),
    ]
    assert [Goal("sharpe", 2).value(each) is None for each in rows] == [True] * 3 + [False] * 2
    assert Goal("sharpe", 2).best(rows) == rows[3]
    assert Goal("sharpe", 1).best(rows) == rows[1]
    assert Goal("sharpe", 9).best(rows) is None


def test_neighbours_differ_in_one_parameter_by_one_step() -> None:
    at: Parameters = {"x": 2, "y": 3}
    assert [
        adjacent(at, {"x": x, "y": y}, SPACE)
        for x, y in ((2, 3), (1, 3), (3, 3), (4, 3), (2, 1), (3, 5))
    ] == [False, True, True, False, True, False]
    values = {1: 0.01, 2: 0.03, 3: 0.02, 5: 0.9}
    rows = [Trial(0, x, "train", {"x": x, "y": 3}, outcome([value, 0.0, value]))
            for x, value in values.items()]  # fmt: skip
    found = plateau(rows[1], rows, Goal("return"), SPACE)
    assert found.neighbours == 2
    assert found.worst == pytest.approx(1.01**2 - 1)


def test_the_out_of_sample_run_is_the_test_spans_one_after_the_other() -> None:
    found = courses(MAKERS["grid"])
    run(found)
    picked = [chosen(each.split, each.trials, GOAL, SPACE, "second") for each in found]
    ahead = forward(picked, "second")
    assert ahead is not None
    tests = [each.test.outcome.returns for each in picked if each.test and each.test.outcome]
    assert tuple(ahead.returns.values) == tuple(value for part in tests for value in part)
    assert len(tests) == len(SPLITS) == 2
    worth = 1.0
    for value in ahead.returns.values:
        worth *= 1 + float(value)
    assert ahead.ratios.total_return == pytest.approx(worth - 1)
    assert float(ahead.curve[-1][1]) == pytest.approx(worth)
    assert ahead.curve[0][0] == SPLITS[0].test.since if SPLITS[0].test else False
    for each in picked:
        assert each.deflated is not None
        assert each.deflated.tries == 21
        assert each.deflated.probability < each.deflated.alone
        assert each.overfitting is not None
        assert each.overfitting.trials == 21


def test_a_split_without_a_choice_trades_nothing() -> None:
    proposer = Fixed([{"x": 1, "y": 1}])
    course = Course(0, SPLITS[0], proposer, Goal("sharpe", 99))
    run([course])
    picked = chosen(course.split, course.trials, course.goal, SPACE, "second")
    assert (picked.best, picked.test) == (None, None)
    ahead = forward([picked], "second")
    assert ahead is not None
    assert not ahead.returns.values.any()
    assert len(ahead.returns.values) == periods(SPLITS[0].test or WHOLE, "second")


def test_stability_tells_what_was_chosen_and_how_often_it_changed() -> None:
    bests = [Trial(n, 0, "train", {"x": x, "y": 3}, outcome([0.01, 0.02]))
             for n, x in enumerate((1, 1, 4))]  # fmt: skip
    x, y = stabilities(bests, bests, GOAL, SPACE)
    assert (x.chosen, x.changes, x.different, x.range) == ((1, 1, 4), 1, 2, 0.5)
    assert (y.changes, y.different, y.range) == (0, 1, 0.0)
    assert [value for value, _ in x.means] == [1, 4]


def test_a_ruin_ends_the_run_at_nothing() -> None:
    window = Window(0, 4 * SECOND)
    returns, curve = joined([(window, (0.5, -1.2, 0.0, 0.0))], "second")
    assert returns.ruined
    assert curve[-1][1] == 0


def test_the_period_is_one_that_every_window_has_enough_of() -> None:
    long, short = Window(0, 90 * DAY), Window(0, 3 * DAY)
    assert common_period([long]) == "day"
    assert common_period([long, short]) == "hour"


def test_a_space_of_one_is_a_space() -> None:
    assert [*Space(SPACE.axes[:1]).draws(1, 99)] == [{"x": n} for n in range(7)]
