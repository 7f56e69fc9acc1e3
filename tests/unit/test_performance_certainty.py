"""How sure figures are: the bootstrap, the deflated Sharpe ratio and worlds without an edge."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.performance.bootstrap import Bootstrap, block_length, indices
from engine.performance.deflation import deflated, expected_best, probabilistic, variance_of
from engine.performance.returns import Floats, Returns, moments, sharpe_of
from engine.performance.worlds import Paths, paths, worlds
from engine.portfolio import PortfolioSettings
from engine.spans import DAY, SECOND
from schemas.instruments import Kind
from schemas.orders import Contract
from tests.unit.portfolio_play import INVERSE, LINEAR, Play

D = Decimal
RATIO = 2.5 / math.sqrt(250)
"""The paper's example: 2.5 a year, of daily returns over five years of 250 days."""


def autoregressive(seed: int, phi: float, count: int) -> Floats:
    found, state, value = [], seed, 0.0
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        value = phi * value + state / 2**31 - 0.5
        found.append(value)
    return np.array(found)


def of(values: Floats) -> Returns:
    return Returns("day", 0, values, len(values) * DAY, 1.0, 0.0, False)


def test_the_deflated_ratio_of_the_papers_example() -> None:
    """Bailey & Lopez de Prado 2014, "A numerical example": 100 tries whose annual ratios have the
    variance 1/2, skewness -3, kurtosis 10: 0.1132 and 0.9004; 46 tries: 0.9505; of normal returns
    88 tries: 0.9505."""
    best = expected_best(100, 0.5 / 250)
    assert best == pytest.approx(0.1132, abs=5e-5)
    assert probabilistic(RATIO, best, 1250, -3, 10) == pytest.approx(0.9004, abs=5e-5)
    fewer = expected_best(46, 0.5 / 250)
    assert probabilistic(RATIO, fewer, 1250, -3, 10) == pytest.approx(0.9505, abs=5e-5)
    normal = expected_best(88, 0.5 / 250)
    assert probabilistic(RATIO, normal, 1250, 0, 3) == pytest.approx(0.9505, abs=5e-5)


def test_a_single_try_is_not_deflated() -> None:
    assert expected_best(1, 9.0) == 0
    found = deflated(of(autoregressive(3, 0.2, 90)), 1)
    assert found is not None
    assert found.probability == found.alone


@given(st.integers(2, 10**6), st.integers(2, 10**6))
def test_more_tries_are_worth_less(few: int, many: int) -> None:
    values = of(autoregressive(1, 0, 60) + 0.05)
    one, two = deflated(values, min(few, many)), deflated(values, max(few, many))
    assert one is not None
    assert two is not None
    assert two.probability <= one.probability <= one.alone


def test_the_variance_of_the_tries_may_be_told() -> None:
    values = autoregressive(4, 0, 80) + 0.1
    ratio, (skewness, kurtosis) = sharpe_of(values), moments(values)
    assert ratio is not None
    assert skewness is not None
    assert kurtosis is not None
    own, told = deflated(of(values), 10), deflated(of(values), 10, 0.04)
    assert own is not None
    assert told is not None
    assert own.variance == pytest.approx(variance_of(ratio, 80, skewness, kurtosis))
    assert told.expected == pytest.approx(expected_best(10, 0.04))


def test_returns_without_a_ratio_have_no_probability() -> None:
    assert deflated(of(np.zeros(50)), 5) is None
    assert deflated(of(np.array([0.1, 0.2])), 5) is None


ARCH = [
    (1, 0.0, 50, 1.0925559756527028),
    (2, 0.5, 200, 5.42272496896254),
    (3, 0.9, 300, 22.78148571194737),
    (4, -0.4, 120, 10.261959386002058),
    (5, 0.3, 1000, 7.617959160107449),
]
"""optimal_block_length(...)["stationary"] of arch 8.0.0 for the same series."""


@pytest.mark.parametrize(("seed", "phi", "count", "expected"), ARCH)
def test_the_block_length_is_that_of_arch(
    seed: int, phi: float, count: int, expected: float
) -> None:
    assert block_length(autoregressive(seed, phi, count)) == pytest.approx(expected, rel=1e-9)


def test_blocks_have_their_mean_length_and_wrap_around() -> None:
    drawn = indices(50, 2000, 8.0, 3)
    goes_on = drawn[:, 1:] == (drawn[:, :-1] + 1) % 50
    assert goes_on.mean() == pytest.approx(1 - 1 / 8 + 1 / 8 / 50, abs=0.005)
    assert np.bincount(drawn.ravel(), minlength=50) / drawn.size == pytest.approx(0.02, abs=0.002)
    assert ((drawn[:, 1:] == 0) & (drawn[:, :-1] == 49)).any()
    alone = indices(50, 2000, 1.0, 3)
    assert (alone[:, 1:] == (alone[:, :-1] + 1) % 50).mean() == pytest.approx(0.02, abs=0.005)


def test_an_interval_of_independent_returns_is_the_textbooks() -> None:
    """Mean 0.01, deviation 0.1, n 400: 0.01 -+ 1.96 * 0.1 / 20."""
    values = np.random.Generator(np.random.PCG64(7)).standard_normal(400)
    values = 0.01 + 0.1 * (values - values.mean()) / values.std()
    found = Bootstrap(draws=4000).intervals(values, 1.0)["mean_return"]
    assert found.value == pytest.approx(0.01)
    assert found.low == pytest.approx(0.01 - 0.0098, abs=0.0006)
    assert found.high == pytest.approx(0.01 + 0.0098, abs=0.0006)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-0.5, 0.5), min_size=10, max_size=40), st.floats(1, 9))
def test_intervals_are_ordered_and_the_same_again(given: list[float], block: float) -> None:
    values = np.array(given)
    found = Bootstrap(draws=60).intervals(values, block)
    assert found == Bootstrap(draws=60).intervals(values, block)
    assert all(each.low <= each.high for each in found.values())
    assert found["total_return"].value == pytest.approx(math.prod(1 + x for x in given) - 1)


def test_another_seed_draws_otherwise_and_few_returns_have_no_interval() -> None:
    values = autoregressive(1, 0.3, 40) / 10
    assert Bootstrap(seed=1).intervals(values, 3.0) != Bootstrap(seed=2).intervals(values, 3.0)
    assert Bootstrap().intervals(values[:9], 1.0) == {}
    assert "sharpe" not in Bootstrap().intervals(np.zeros(30), 1.0)


def naive(notionals: list[float], returns: list[float], shift: int) -> float:
    count = len(returns)
    return sum(notionals[(at - shift) % count] * returns[at] for at in range(count))


def test_worlds_are_all_shifts_by_hand() -> None:
    returns = [0.01 * ((at * 7) % 11 - 5) for at in range(25)]
    notionals = [100.0 if at % 5 < 2 else -50.0 for at in range(25)]
    found = worlds(Paths(np.array([notionals]), np.array([returns])))
    assert found is not None
    won = [naive(notionals, returns, shift) for shift in range(25)]
    assert found.count == 24
    assert found.won == pytest.approx(won[0])
    assert found.mean == pytest.approx(math.fsum(won[1:]) / 24)
    assert found.p_value == pytest.approx(sum(each >= won[0] - 1e-9 for each in won) / 25)


def test_who_knows_the_market_is_beyond_all_worlds_and_who_only_holds_is_not() -> None:
    market = autoregressive(9, 0, 300) / 100 + 0.0002
    knows = worlds(Paths(np.array([np.sign(market) * 1000]), np.array([market])))
    assert knows is not None
    assert knows.p_value == pytest.approx(1 / 300)
    holds = worlds(Paths(np.full((1, 300), 1000.0), np.array([market])))
    assert holds is not None
    assert holds.p_value == 1
    assert holds.won == pytest.approx(holds.mean)


def test_without_an_edge_every_p_value_is_as_likely_as_another() -> None:
    """Positions that hang together in time, on a market that knows nothing of them; to three
    standard errors of 1,500 trials."""
    random = np.random.Generator(np.random.PCG64(11))
    found = []
    for _ in range(1500):
        held = np.sign(np.convolve(random.standard_normal(66), np.ones(7), "valid"))
        won = worlds(Paths(held[None, :], random.standard_normal((1, 60))))
        assert won is not None
        found.append(won.p_value)
    for level in (0.05, 0.1, 0.5, 0.9):
        error = math.sqrt(level * (1 - level) / 1500)
        assert np.mean(np.array(found) <= level + 1e-9) == pytest.approx(level, abs=3 * error)


def test_luck_is_seldom_taken_for_skill() -> None:
    """The best of 20 tries without skill: 95 % in at most about 5 % of cases, where its ratio
    alone would say so in most."""
    random = np.random.Generator(np.random.PCG64(5))
    alone, fair = [], []
    for _ in range(300):
        tries = random.standard_normal((20, 120))
        ratios = tries.mean(axis=1) / tries.std(axis=1, ddof=1)
        variance = float(ratios.var(ddof=1))
        told = deflated(of(tries[int(np.argmax(ratios))]), 20, variance)
        assert told is not None
        alone.append(told.alone > 0.95)
        fair.append(told.probability > 0.95)
    assert np.mean(alone) > 0.5
    assert np.mean(fair) < 0.05


def test_no_world_without_periods_or_positions() -> None:
    assert worlds(Paths(np.ones((1, 19)), np.ones((1, 19)))) is None
    assert worlds(Paths(np.zeros((1, 30)), np.ones((1, 30)))) is None
    assert worlds(Paths(np.zeros((0, 30)), np.zeros((0, 30)))) is None


def test_paths_are_of_the_ends_of_periods() -> None:
    """Long 2 at 100 from second 1 on, to 110 and 99: 200 * 10 % and 220 * -10 %. Inverse: short 3
    of 100 quote each, -300, through -50 %."""
    desk, plain = Play(), Contract(kind=Kind.LINEAR)
    desk.now = 5 * SECOND
    desk.mark("90")
    desk.now = 6 * SECOND
    desk.fill("buy", "100", "2", contract=plain)
    desk.fill("sell", "50", "3", INVERSE)
    desk.now = 7 * SECOND
    desk.mark("105")
    desk.mark("110")
    desk.now = 9 * SECOND + 5
    desk.mark("99")
    desk.mark("25", INVERSE)
    grid = Returns("second", 5, np.zeros(6), 5 * SECOND, 1.0, 0.0, False)
    found = paths(desk.statuses, PortfolioSettings(), grid)
    assert found.notionals.tolist() == [
        pytest.approx([0, 0, 200, 220, 220, 198]), pytest.approx([0, 0, -300, -300, -300, -300]),
    ]  # fmt: skip
    assert found.returns.tolist() == [
        pytest.approx([0, 1 / 9, 0.1, 0, -0.1, 0]), pytest.approx([0, 0, 0, 0, -0.5, 0]),
    ]  # fmt: skip
    assert set(paths([], PortfolioSettings(), grid).returns.shape) == {0, 6}
    assert LINEAR in {status.symbol for status in desk.statuses}
