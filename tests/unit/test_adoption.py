"""The gate: noise is refused at the rate that it promises, an edge is adopted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from engine.performance.returns import Floats
from engine.research.adoption import CASH, PRESENT, Looked, Played, Terms, Verdict, judged, spent

WORLDS, SEEN, OUTSIDE = 200, 400, 300
TERMS = Terms(draws=250)


def market(seed: int, count: int, hang: float = 0.0) -> Floats:
    """Returns with bursts and fat tails (GARCH(1,1) of Student's t with 4); hang: how much of a
    return the next one repeats, 0 for a random walk."""
    chance = np.random.default_rng(seed).standard_t(4, size=count) / np.sqrt(2)
    found, variance, last = np.empty(count), 1.0, 0.0
    for n, each in enumerate(chance):
        last = 0.01 * np.sqrt(variance) * each + hang * last
        found[n], variance = last, 0.05 + 0.85 * variance + 0.1 * variance * each**2
    return found


def rules(returns: Floats) -> Iterator[tuple[str, Floats]]:
    """What rules of two averages would have won, without costs, with the trend and against it."""
    prices = np.concatenate([[0.0, 0.0], np.cumsum(returns)[:-1]])
    sums = np.cumsum(prices)
    for fast in (1, 2, 3, 5, 8):
        for slow in (10, 20, 40, 80):
            side = np.zeros(len(returns))
            ends = np.arange(slow, len(returns) + 1)
            quick = (sums[ends] - sums[ends - fast]) / fast
            side[slow - 1 :] = np.sign(quick - (sums[ends] - sums[ends - slow]) / slow)
            yield f"with {fast}/{slow}", side * returns
            yield f"against {fast}/{slow}", -side * returns


def searched(seed: int, hang: float = 0.0, outside: int = OUTSIDE) -> Verdict:
    """The best five of forty rules on what was seen, let up to the gate on what came after."""
    found = dict(rules(market(seed, SEEN + outside, hang)))
    best = sorted(found, key=lambda name: -_sharpe(found[name][:SEEN]))[:5]
    candidates = {name: Played(found[name][SEEN:], 50) for name in best}
    return judged(candidates, np.zeros(outside), TERMS)


def _sharpe(values: Floats) -> float:
    return float(values.mean() / values.std())


def test_of_200_worlds_without_an_edge_no_more_adopt_than_the_level_says() -> None:
    """The rules were fitted to noise and pay nothing: with costs there would be fewer. The rule
    that takes whatever earned with a lower bound above 0 is fooled more often than that."""
    verdicts = [searched(seed) for seed in range(WORLDS)]
    fooled = sum(any(each.against[CASH].low > 0 for each in of.findings) for of in verdicts)
    assert sum(each.adopted for each in verdicts) <= TERMS.level * WORLDS < fooled
    assert all(each.taken.refused for each in verdicts if not each.adopted)


def test_a_planted_edge_is_adopted() -> None:
    assert sum(searched(seed, 0.5, 1500).adopted for seed in range(4)) >= 3


def good(seed: int = 1, count: int = 400, mean: float = 0.3) -> Floats:
    return np.random.default_rng(seed).normal(mean, 1, count) * 0.01


def test_the_present_desk_must_be_beaten_and_cash_too() -> None:
    winner, nothing, loser = good(), np.zeros(400), good(2, mean=-0.5)
    assert judged({"one": Played(winner, 50)}, nothing, TERMS).adopted
    (better,) = judged({"one": Played(winner, 50)}, winner + 0.001, TERMS).findings
    assert [each.split(":")[0] for each in better.refused] == [PRESENT] * 3
    (idle,) = judged({"idle": Played(good(3, mean=0), 50)}, loser, TERMS).findings
    assert {each.split(":")[0] for each in idle.refused} == {CASH}


def test_few_trips_and_few_periods_are_no_evidence() -> None:
    (few,) = judged({"one": Played(good(), 9)}, np.zeros(400), TERMS).findings
    assert few.refused == ("9 round trips outside the sample: at least 10 are needed",)
    (short,) = judged({"one": Played(good(count=29), 50)}, np.zeros(29), TERMS).findings
    assert "29 periods" in short.refused[0]
    with pytest.raises(ValueError, match="400 periods"):
        judged({"one": Played(good(), 50)}, np.zeros(399), TERMS)


def test_the_level_is_spent_over_looks_at_the_same_evidence() -> None:
    assert sum(spent(0.05, look) for look in range(1, 2000)) < 0.05
    edge = {"one": Played(good(count=150, mean=0.28), 50)}
    assert judged(edge, np.zeros(150), TERMS).adopted
    later = judged(edge, np.zeros(150), TERMS, Looked(9, 200))
    assert (later.look, later.tries, later.adopted) == (10, 201, False)
    assert any("deflated" in each for each in later.taken.refused)


def test_the_one_that_is_taken_beats_both_by_the_most() -> None:
    many = {f"n{seed}": Played(good(seed, mean=0), 50) for seed in range(5)} | {
        "good": Played(good(9, mean=0.4), 50)
    }
    verdict = judged(many, np.zeros(400), TERMS)
    assert (verdict.taken.candidate, len(verdict.findings)) == ("good", 6)
