"""Two models on the same bars: the figures, their paired intervals, and what they come to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.learning.metrics import of_two
from engine.learning.rivals import Difference, Rows, compared, verdict, widening
from engine.performance.bootstrap import Bootstrap, Interval
from engine.strategies.contest import Contest
from engine.strategies.outcomes import Quotes
from schemas.decisions import Forecast, Verdict, Vote

DRAWS = Bootstrap(draws=200)


def world(seed: int, count: int = 240, edge: float = 0.0, horizon: int = 2) -> Rows:
    """Both know as much, and err alike, but for the edge; outcomes and errors overlap."""
    random = np.random.Generator(np.random.PCG64(seed))
    steps = random.normal(0, 1, (count + horizon, 3)).cumsum(axis=0)
    ahead, *errors = ((steps[horizon:] - steps[:-horizon]) / horizon**0.5).T
    known = 0.5 * (ahead[:, None] * np.array([0.3, 0.3 + edge]) + np.stack(errors, axis=1))
    return Rows(np.arange(count), 1 / (1 + np.exp(-known)), (ahead > 0).astype(float),
                random.normal(0, 5, (count, 2)))  # fmt: skip


def test_the_figures_are_those_of_the_models_alone() -> None:
    rows = world(1)
    found = compared(rows, 2, DRAWS)
    for place, name in enumerate(("champion", "challenger")):
        alone = of_two(rows.up[:, place], rows.up[:, place], rows.came)
        assert alone is not None
        wanted = {
            "log_loss": alone.log_loss, "brier": alone.brier, "hit_rate": alone.hit_rate,
            "calibration": alone.calibration_error, "net_bps": rows.net[:, place].mean(),
        }  # fmt: skip
        assert {k: getattr(v, name) for k, v in found.items()} == pytest.approx(wanted)
    for name, each in found.items():
        way = 1 if name in ("hit_rate", "net_bps") else -1
        assert each.by is not None
        assert each.by.value == pytest.approx(way * (each.challenger - each.champion))
        assert each.by.low < each.by.value < each.by.high or name == "calibration"


def test_the_other_way_round_it_is_the_other_way_round() -> None:
    rows = world(2, edge=2.0)
    swapped = replace(rows, up=rows.up[:, ::-1], net=rows.net[:, ::-1])
    one, other = compared(rows, 2, DRAWS), compared(swapped, 2, DRAWS)
    for name in one:
        a, b = one[name].by, other[name].by
        assert a is not None
        assert b is not None
        assert (a.value, a.low, a.high) == pytest.approx((-b.value, -b.high, -b.low))
    assert (verdict(one)[0], verdict(other)[0]) == ("better", "worse")


def test_a_model_is_not_better_than_itself() -> None:
    rows = world(3)
    same = replace(rows, up=rows.up[:, [0, 0]], net=rows.net[:, [0, 0]])
    found = compared(same, 2, DRAWS)
    for each in found.values():
        assert each.by is not None
        assert (each.by.value, each.by.low, each.by.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert verdict(found)[0] == "not told apart"


def test_markets_that_move_together_are_no_more_evidence() -> None:
    """The same market twice has the intervals that it has once."""
    rows = world(4, edge=0.5)
    twice = Rows(*(np.concatenate([each] * 2) for each in
                   (rows.times, rows.up, rows.came, rows.net)))  # fmt: skip
    one, both = compared(rows, 2, DRAWS), compared(twice, 2, DRAWS)
    for name, each in one.items():
        assert each.by is not None
        told = both[name].by
        assert told is not None
        assert (told.low, told.high) == pytest.approx((each.by.low, each.by.high))


def test_of_equals_hardly_any_is_called_better_and_a_good_one_is() -> None:
    """Outcomes over 6 bars overlap: drawn bar by bar, four times as many would be told apart."""
    words = [
        verdict(compared(world(seed, 360, horizon=6), 6, DRAWS, ("log_loss", "net_bps")))[0]
        for seed in range(50)
    ]
    assert words.count("not told apart") >= 44
    good = [verdict(compared(world(seed, edge=1.5), 2, DRAWS))[0] for seed in range(5)]
    assert good == ["better"] * 5


@pytest.mark.parametrize("horizon", [2, 6])
def test_an_interval_is_as_wide_as_outcomes_that_overlap_make_it(horizon: int) -> None:
    """Of sums over a horizon: the mean's own spread, known from the world that made them."""
    widths, count = [], 60 * horizon
    for seed in range(24):
        random = np.random.Generator(np.random.PCG64(seed))
        steps = random.normal(0, 0.02, count + horizon).cumsum()
        up = np.column_stack([np.full(count, 0.5), 0.5 + steps[horizon:] - steps[:-horizon]])
        rows = Rows(np.arange(count), up, np.zeros(count), up)
        by = compared(rows, horizon, DRAWS, ("log_loss", "net_bps"))["net_bps"].by
        assert by is not None
        widths.append(by.high - by.low)
    true = 2 * 1.96 * 0.02 * horizon / count**0.5
    assert 0.95 < np.mean(widths) / true < 1.2


def test_the_widening_by_hand() -> None:
    """Half of the one lag of a horizon of 2 is kept in blocks of 2: 1.5 of 2, by Student's 2.0555
    of 26 degrees (tables) and one part in 27 that the mean takes."""
    assert widening(54, 2, 2.0, 0.95) == pytest.approx((2 / 1.5 * 27 / 26) ** 0.5 * 2.0555 / 1.96,
                                                      abs=1e-3)  # fmt: skip
    assert widening(10**9, 1, 1.0, 0.95) == pytest.approx(1)


def test_too_few_bars_tell_nothing() -> None:
    found = compared(world(5, 119), 2, DRAWS)
    assert found["log_loss"].by is None
    assert verdict(found) == ("not told apart", "too few bars that both have foretold")
    assert compared(world(5, 0), 2, DRAWS) == {}


def test_who_foretells_better_and_earns_less_is_not_better() -> None:
    better, less = Interval(0.01, 0.005, 0.02), Interval(-2, -3, -1)
    found = {"log_loss": Difference(0.7, 0.69, better), "net_bps": Difference(1, -1, less)}
    word, why = verdict(found)
    assert word == "not told apart"
    assert "earns less (-2 bps a bar)" in why
    assert verdict({"net_bps": Difference(1, -1, less)})[0] == "worse"


# -- votes and what came of them -------------------------------------------------------------------


def pair(n: int, close: float, ways: tuple[int, int] = (0, 0), **other: Any) -> tuple[Vote, Vote]:
    made = []
    for place, way in enumerate(ways):
        told = {"model": "m", "up": 0.6 - 0.2 * place, "close": close, "bar_time": n, "cutoff": 0}
        said = {0: Verdict.HOLD, 1: Verdict.LONG, -1: Verdict.SHORT, 9: Verdict.EXIT}[way]
        made.append(Vote(advisor="a", verdict=said, confidence=0.5, weight=0,
                         forecast=Forecast(**{**told, **other})))  # fmt: skip
    return made[0], made[1]


def test_bars_outcomes_and_net_of_votes() -> None:
    """Up at 100.1, out at 101.9 two bars later: 179.8 bps less 2 times 5; the other stays out."""
    one = Contest(horizon=2, since=5, fee_bps=5)
    closes = {4: 99.0, 5: 99.5, 6: 100.0, 7: 101.0, 8: 102.0, 9: 101.0, 11: 100.0}
    for n, close in closes.items():
        quotes = Quotes(close - 0.1, close + 0.1)
        one.take(pair(n, close, (1 if n == 6 else 0, 0)), quotes)
        one.take(pair(n, close + 50, (0, -1)), quotes)  # the bar again: dropped
    assert one.early == 4
    assert one.outcomes == {6: 1.0, 7: 0.0, 9: 0.0}, "8 has none: bar 10 is not there"
    nets = {row.time: row.net for row in one.rows}
    assert nets[8] == pytest.approx([1e4 * (101.9 / 100.1 - 1) - 10, 0], rel=1e-9)
    assert all(nets[n] == [0, 0] for n in (6, 7, 9, 11))
    assert one.rows[0].up == pytest.approx((0.6, 0.4))


def test_a_bar_that_one_has_not_foretold_is_none_of_both() -> None:
    one = Contest(horizon=1, since=0, fee_bps=0)
    left, right = pair(1, 100.0)
    one.take((left, right.model_copy(update={"forecast": None})), None)
    one.take((left, pair(2, 100.0)[1]), None)
    assert one.rows == []
