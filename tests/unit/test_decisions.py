"""From signals to verdicts with one strategy: the rule's story, prices, refusals, restarts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.rule import RuleSettings
from schemas.codec import encode
from schemas.decisions import Verdict
from schemas.refusals import Reason
from schemas.signals import Action
from schemas.ticks import BookState
from tests.unit.judging import SPOT, decide, fresh, reborn, signal, verdicts
from tests.unit.trading import BTC


def test_a_long_decision_has_its_prices_votes_and_market() -> None:
    made = decide(fresh(), signal(0, Action.STRONG_BUY))
    assert (made.verdict, made.tick, made.event_time, made.confidence) == ("long", 100, 0, 1.0)
    assert (made.entry, made.stop, made.target) == ("100.10", "97.09", "106.11")
    assert (made.bid, made.ask, made.book) == (("99.90", "5"), ("100.10", "5"), BookState.OK)
    (vote,) = made.votes
    assert vote.reasons == (
        "trend up: SMA 101 to 100, +100 bps, +2 ATR",
        "RSI 27.4 below 30",
        "risk 0.4: spread 20 bps, book 0 against",
    )
    assert (made.strategy, made.atr) == ("main", 0.5)


def test_a_short_decision_enters_at_the_bid() -> None:
    made = decide(fresh(), signal(0, Action.SELL))
    assert (made.verdict, made.entry, made.stop, made.target) == (
        "short", "99.90", "102.90", "93.90",
    )  # fmt: skip
    assert made.confidence == made.strength == 0.75


@pytest.mark.parametrize(
    ("settings", "stop", "target"),
    [
        ({"stop_percent": "1", "target_percent": "2"}, "99.09", "102.11"),
        ({"stop_atr": "2"}, "99.10", "106.11"),
        ({"stop_atr": "2", "target_atr": "4"}, "99.10", "102.10"),
    ],
)
def test_distances_are_settings(settings: dict[str, Any], stop: str, target: str) -> None:
    made = decide(fresh(**settings), signal(0, Action.BUY))
    assert (made.stop, made.target) == (stop, target)


def test_percent_stops_stand_in_while_there_is_no_atr() -> None:
    made = decide(fresh(stop_atr="2"), signal(0, Action.BUY, indicators={"atr": None}))
    assert made.stop == "97.09"


@given(st.decimals("0.00000001", "99999999", places=8), st.sampled_from(["long", "short"]))
def test_stop_and_target_lie_on_their_sides(price: Decimal, side: str) -> None:
    text = format(price, "f")
    action = Action.BUY if side == "long" else Action.SELL
    made = decide(fresh(), signal(0, action, bid=(text, "1"), ask=(text, "1")))
    low, high = (made.stop, made.target) if side == "long" else (made.target, made.stop)
    assert low is not None
    assert high is not None
    assert Decimal(low) < price < Decimal(high)
    assert len(low.partition(".")[2]) == len(high.partition(".")[2]) == 8


def test_the_rule_s_story() -> None:
    """Entry, nothing new, weakly against it, reversal, weakly against that; never on an old bar."""
    weak_sell: dict[str, Any] = {"buy_score": 1, "sell_score": 2, "strength": 0.6}
    weak_buy: dict[str, Any] = {"buy_score": 2, "sell_score": 1, "strength": 0.6}
    assert verdicts(
        fresh(),
        signal(0, Action.BUY, fresh=False),
        signal(1, **weak_sell),
        signal(2, Action.BUY),
        signal(3, Action.BUY, fresh=False),
        signal(4),
        signal(5, **weak_buy),
        signal(6, **weak_sell),
        signal(7, **weak_sell),
        signal(8, Action.SELL),
        signal(9, **weak_buy),
    ) == ["hold", "hold", "long", "hold", "hold", "hold", "exit", "exit", "short", "exit"]


def test_with_trend_an_entry_against_it_is_none() -> None:
    rule = RuleSettings(with_trend=True)
    assert verdicts(fresh(rule=rule), signal(0, Action.SELL), signal(1, Action.BUY)) == [
        "hold",
        "long",
    ]


@pytest.mark.parametrize(("key", "allow"), [(SPOT, True), (SPOT, False), (BTC, False)])
def test_where_nothing_may_be_sold_short_a_short_is_an_exit(key: str, allow: bool) -> None:
    made = decide(fresh(key, allow_short=allow), signal(0, Action.SELL, key=key))
    assert (made.verdict, made.entry, made.stop) == (Verdict.EXIT, None, None)


@pytest.mark.parametrize(
    ("market", "reason"),
    [
        ({"book": BookState.NONE, "bid": None, "ask": None}, Reason.NO_BOOK),
        ({"ask": None}, Reason.NO_BOOK),
        ({"book": BookState.STALE}, Reason.STALE_BOOK),
        ({"book": BookState.GAPPED}, Reason.GAPPED_BOOK),
        ({"book": BookState.CROSSED}, Reason.CROSSED_BOOK),
    ],
)
def test_a_book_that_is_not_whole_refuses_what_there_is_to_refuse(
    market: dict[str, Any], reason: Reason
) -> None:
    cell = fresh()
    refused = decide(cell, signal(0, Action.BUY, **market))
    assert (refused.verdict, refused.reason, refused.entry) == (Verdict.REFUSED, reason, None)
    assert refused.votes[0].verdict is Verdict.LONG
    assert decide(cell, signal(1, **market)).verdict is Verdict.HOLD


def test_a_bar_closed_by_the_clock_is_judged_on_the_next_record() -> None:
    cell = fresh()
    clock = decide(cell, signal(0, Action.BUY, clock=True))
    assert (clock.verdict, clock.clock) == (Verdict.HOLD, True)
    assert verdicts(
        cell,
        signal(1, Action.BUY, clock=True, fresh=False),
        signal(2, Action.BUY, fresh=False),
        signal(3, Action.BUY, fresh=False),
    ) == ["hold", "long", "hold"]


def test_what_is_owed_outlives_a_restart() -> None:
    cell = fresh()
    decide(cell, signal(0, Action.BUY, clock=True))
    cell = reborn(cell)
    assert decide(cell, signal(1, Action.BUY, fresh=False)).verdict is Verdict.LONG


STEPS = st.tuples(st.sampled_from(list(Action)), st.booleans(), st.booleans())


@given(st.lists(STEPS, max_size=30), st.data())
def test_a_restart_at_any_point_changes_no_byte(
    steps: list[tuple[Action, bool, bool]], data: st.DataObject
) -> None:
    signals = [
        signal(n, action, fresh=fresh_, clock=clock)
        for n, (action, fresh_, clock) in enumerate(steps)
    ]
    at = data.draw(st.integers(0, len(signals)))
    whole, cell = fresh(), fresh()
    expected = [encode(decide(whole, each)) for each in signals]
    got = [encode(decide(cell, each)) for each in signals[:at]]
    cell = reborn(cell)
    assert got + [encode(decide(cell, each)) for each in signals[at:]] == expected
