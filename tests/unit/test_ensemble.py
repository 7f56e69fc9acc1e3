"""Several votes: the verdict, its confidence and its prices."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.ensemble import DecisionSettings, Prices, price, tally
from schemas.decisions import Verdict, Vote
from schemas.signals import Action
from tests.unit.judging import decide, fresh, signal

LONG, SHORT, EXIT, HOLD = Verdict.LONG, Verdict.SHORT, Verdict.EXIT, Verdict.HOLD


def vote(verdict: Verdict, weight: float, confidence: float = 0.8, **fields: Any) -> Vote:
    return Vote(advisor="a", verdict=verdict, confidence=confidence, weight=weight, **fields)


ABSENT = vote(HOLD, 1, 0.0)


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([], (HOLD, 0.0)),
        ([vote(LONG, 1)], (LONG, 0.8)),
        ([vote(LONG, 1, 0.0)], (LONG, 0.0)),
        ([vote(LONG, 1), vote(SHORT, 1)], (HOLD, 0.0)),
        ([vote(LONG, 0.1), vote(LONG, 0.2), vote(SHORT, 0.3)], (HOLD, 0.0)),
        ([vote(LONG, 0.9), vote(SHORT, 0.3), vote(SHORT, 0.6)], (HOLD, 0.0)),
        ([vote(LONG, 500.0569223411601), vote(SHORT, 500.0569223411601)], (HOLD, 0.0)),
        ([vote(LONG, 500.0569223411601, 1.0)], (LONG, 1.0)),
        ([vote(LONG, 3), vote(SHORT, 1)], (LONG, 0.6)),
        ([vote(LONG, 1), vote(LONG, 1, 0.4), vote(HOLD, 1)], (LONG, 0.4)),
        ([vote(LONG, 1), vote(HOLD, 2)], (HOLD, 0.533333333333)),
        ([vote(LONG, 3), vote(SHORT, 2), vote(EXIT, 2)], (HOLD, 0.0)),
        ([vote(LONG, 1), ABSENT, ABSENT], (LONG, 0.8)),
        ([ABSENT, ABSENT], (HOLD, 0.0)),
        ([vote(LONG, 0)], (HOLD, 0.0)),
    ],
)
def test_more_than_half_of_what_is_said_wins(
    votes: list[Vote], expected: tuple[Verdict, float]
) -> None:
    assert tally(votes) == expected


@pytest.mark.parametrize(
    ("absent", "quorum", "verdict"),
    [(0, 1.0, LONG), (1, 0.5, LONG), (2, 0.5, HOLD), (2, 0.3, LONG), (9, 0.1, LONG)],
)
def test_the_quorum_is_a_share_of_all_weight(absent: int, quorum: float, verdict: Verdict) -> None:
    assert tally([vote(LONG, 1), *[ABSENT] * absent], quorum)[0] is verdict


WEIGHTS = st.one_of(st.sampled_from([0.1, 0.2, 0.3, 1.0]), st.floats(1e-3, 1e3))
VOTES = st.lists(
    st.builds(
        vote,
        st.sampled_from([LONG, SHORT, EXIT, HOLD]),
        WEIGHTS,
        st.floats(0, 1),
        entry=st.sampled_from([None, "100.10", "99.7"]),
        stop=st.sampled_from([None, "97.123", "101"]),
        target=st.sampled_from([None, "104", "103.3333"]),
    ),
    max_size=7,
)


@given(VOTES, st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.data())
def test_the_order_of_the_advisors_changes_nothing(
    votes: list[Vote], quorum: float, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(votes))
    assert tally(shuffled, quorum) == tally(votes, quorum)
    settings = DecisionSettings(prices="votes")
    assert price(LONG, signal(0), settings, shuffled) == price(LONG, signal(0), settings, votes)


@given(VOTES)
def test_a_verdict_has_a_majority_and_confidence_is_a_share(votes: list[Vote]) -> None:
    verdict, confidence = tally(votes)
    assert 0 <= confidence <= 1
    if verdict is not HOLD:
        spoken = [vote for vote in votes if vote.confidence or vote.verdict is not HOLD]
        behind = [vote for vote in spoken if vote.verdict is verdict]
        sums = (sum(Fraction(vote.weight) for vote in some) for some in (behind, spoken))
        assert next(sums) * 2 > next(sums)


def priced(*votes: Vote, verdict: Verdict = LONG, **settings: Any) -> Prices:
    return price(verdict, signal(0), DecisionSettings(**{"prices": "votes", **settings}), votes)


OWN = vote(LONG, 1, 0.5, entry="100.10", stop="99", target="104")


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ((OWN,), ("100.10", "99.00", "104.00")),
        ((OWN, vote(LONG, 1, 0.5, stop="98", target="103")), ("100.10", "98.50", "103.50")),
        ((OWN, vote(LONG, 3, 0.5, stop="98", target="103")), ("100.10", "98.25", "103.25")),
        ((OWN, vote(LONG, 1, 1.0, stop="98")), ("100.10", "98.33", "104.00")),
        ((OWN, vote(SHORT, 1, 0.5, stop="1", target="1")), ("100.10", "99.00", "104.00")),
        ((vote(LONG, 1),), ("100.10", "97.09", "106.11")),
        ((vote(LONG, 1, 0.0, stop="99"),), ("100.10", "97.09", "106.11")),
        ((vote(LONG, 1, stop="101", target="99"),), ("100.10", "97.09", "106.11")),
        ((vote(LONG, 1, entry="99", stop="98"),), ("99.00", "98.00", "104.94")),
        ((vote(LONG, 1, entry="99.005", stop="99.001"),), ("99.00", "96.03", "104.94")),
    ],
)
def test_the_winners_own_prices_are_meant_by_weight_and_confidence(
    votes: tuple[Vote, ...], expected: tuple[str, str, str]
) -> None:
    assert priced(*votes) == Prices(*expected)


def test_a_short_s_own_prices_lie_the_other_way_round() -> None:
    own = vote(SHORT, 1, entry="99.90", stop="101", target="95.555")
    assert priced(own, verdict=SHORT) == Prices("99.90", "101.00", "95.55")


def test_by_settings_the_votes_own_prices_are_passed_over() -> None:
    assert priced(OWN, prices="settings") == Prices("100.10", "97.09", "106.11")


def test_an_atr_beyond_the_whole_price_is_no_distance() -> None:
    assert priced(stop_atr="1000").stop == "97.09"


@pytest.mark.parametrize(("caution", "sure"), [(0.0, 0.8), (0.5, 0.64), (1.0, 0.48)])
def test_a_cautious_strategy_trusts_a_risky_vote_less(caution: float, sure: float) -> None:
    risky = vote(LONG, 2, risk=0.4)
    assert tally([risky], caution=caution) == (LONG, sure)
    assert tally([vote(LONG, 1), vote(LONG, 1, risk=0.0)], caution=caution) == (LONG, 0.8)
    both = tally([risky, vote(LONG, 2)], caution=caution)
    assert both[1] == pytest.approx((sure + 0.8) / 2)
    assert tally([risky, vote(SHORT, 3)], caution=caution)[0] is SHORT, "the weights decide"


def test_caution_is_a_setting_of_the_strategy() -> None:
    plain, careful = (decide(fresh(caution=each), signal(0, Action.BUY)) for each in (0.0, 1.0))
    (vote_,) = plain.votes
    assert vote_.risk
    assert careful.confidence == pytest.approx(plain.confidence * (1 - vote_.risk))
    assert careful.verdict is plain.verdict is LONG
