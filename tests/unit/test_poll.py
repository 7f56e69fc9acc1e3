"""What is said at the bars of a tape is what the stages say of each record, and no later trade
changes it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any, cast

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.columns.bars import BarColumns
from engine.columns.signals import BarSignals
from engine.columns.tape import Tape
from engine.columns.trades import Grain, TradeColumns
from engine.decisions import DecisionsStage
from engine.features import moment_names
from engine.replay.by_bars import featured
from engine.replay.course import RulePoll, poll_of
from engine.replay.poll import Poll
from engine.scores import ScoreSettings
from engine.signals import SignalSettings, SignalsStage
from engine.spans import SECOND
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.signals import Signal

SPOT, LINEAR = "binance:BTC/USDT", "binance:BTC/USDT:USDT"
STRATEGIES = {
    "main": {"advisors": {"rule": {}}},
    "mix": {
        "quorum": 0.2, "caution": 0.5, "prices": "votes",
        "advisors": {
            "rule": {"with_trend": True, "weight": 2},
            "momentum": {"entry_bars": 5, "exit_bars": 3},
            "reversion": {"oversold": 45, "overbought": 55}, "trend": {},
            "drift": {},
        },
    },
}  # fmt: skip


@st.composite
def walks(draw: st.DrawFn) -> TradeColumns:
    """Trades that wander, with level stretches, jumps, and pauses over many bars."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    count, wild = draw(st.integers(60, 180)), draw(st.sampled_from((0, 3, 400)))
    moves = chance.integers(-wild, wild + 1, count) * (chance.random(count) < 0.8)
    apart = chance.choice([SECOND // 3, SECOND, 4 * SECOND], count, p=[0.3, 0.65, 0.05])
    times = np.cumsum(apart) + 1_700_000_000 * SECOND
    return TradeColumns(
        times, times, 10_000 + np.maximum(np.cumsum(moves), -9_000),
        chance.integers(1, 900, count), chance.random(count) < 0.5, Grain(2), Grain(3),
    )  # fmt: skip


def tape(trades: TradeColumns, key: str = LINEAR) -> Tape:
    return Tape(key, trades, BarColumns.of(trades, SECOND), "run")


RULES: dict[str, Any] = {
    "strategies": {
        "main": {"advisors": {"rule": {}}},
        "other": {"advisors": {"rule": {"stop_atr": 1, "weight": 3}}, "allow_short": False},
    },
}


def stages(key: str) -> tuple[SignalsStage, Cell[Any]]:
    strategies = StrategySections.model_validate({"strategies": STRATEGIES}).build()
    return SignalsStage(SignalSettings()), Cell.fresh(DecisionsStage(strategies), key)


def polled(of: Tape) -> Poll:
    signals, decisions = stages(of.key)
    return Poll(BarSignals(of, signals.lean(featured=True)), decisions.state.benches)


@settings(max_examples=10, deadline=None)
@given(walks(), st.sampled_from((SPOT, LINEAR)))
def test_what_is_said_is_what_the_stages_say_of_each_record(trades: TradeColumns, key: str) -> None:
    of = tape(trades, key)
    poll, (signals, decisions) = polled(of), stages(key)
    cell, number = Cell.fresh(signals, key), 0
    for at in range(len(trades)):
        made = cell.take(names.TICKS, of.ticks(at, at))[0].record
        assert isinstance(made, Signal)
        decided = cast(
            list[Decision], [each.record for each in decisions.take(names.SIGNALS, made)]
        )
        if not made.fresh:
            assert {each.verdict for each in decided} == {Verdict.HOLD}
            continue
        moment = moment_names(made.features)
        told = {name: made.features[name] for name in made.features if name not in moment}
        alone: dict[str, Any] = {"micro": {}, "features": told}
        own = {name: getattr(made, name) for name in ("id", "cause", "seq", "tick")}
        assert poll.signals.signal(number).model_copy(update=own) == made.model_copy(update=alone)
        for ballot, each in zip(poll.ballots(number), decided, strict=True):
            assert (ballot.votes, ballot.confidence) == (each.votes, each.confidence)
        quiet = tuple([frozenset((each.verdict,)) for each in decided])
        assert poll.still(number, quiet)
        assert poll.loud(number, (frozenset(),) * len(quiet)) == number
        number += 1
    assert number == len(poll.signals)


@settings(max_examples=10, deadline=None)
@given(walks(), st.integers(10, 250))
def test_no_later_trade_changes_what_was_said(trades: TradeColumns, cut: int) -> None:
    columns = ("event_time", "seen_time", "price", "quantity", "buys")
    short = replace(trades, **{name: getattr(trades, name)[:cut] for name in columns})
    early, whole = polled(tape(short)), polled(tape(trades))
    for number in range(len(early.signals)):
        assert early.signals.signal(number) == whole.signals.signal(number)
        assert early.ballots(number) == whole.ballots(number)


def test_features_are_told_only_where_an_advisor_reads_them() -> None:
    whole = SignalsStage(SignalSettings())
    for kind, want in (("trend", False), ("drift", True)):
        kinds: dict[str, Any] = {"rule": {}, kind: {}}
        sections = StrategySections.model_validate({"strategies": {"a": {"advisors": kinds}}})
        assert featured([whole, DecisionsStage(sections.build())]) is want


SCORES = st.sampled_from((
    ScoreSettings(),
    ScoreSettings(published=0.5, actionable=0.5, rsi_low=49, rsi_high=51, bollinger_share=0.4),
    ScoreSettings(published=0.8, actionable=0.9, rsi_oversold=45, rsi_low=50, strong_score=1),
))  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(walks(), st.sampled_from((SPOT, LINEAR)), SCORES)
def test_the_rule_advisor_says_at_once_what_it_says_bar_by_bar(
    trades: TradeColumns, key: str, scores: ScoreSettings
) -> None:
    stage = SignalsStage(SignalSettings(scores=scores))
    strategies = StrategySections.model_validate(RULES).build()
    signals = BarSignals(tape(trades, key), stage)
    one, other = (Cell.fresh(DecisionsStage(strategies), key).state.benches for _ in range(2))
    at_once, each = poll_of(signals, one), Poll(signals, other)
    assert isinstance(at_once, RulePoll)
    for number in range(len(signals)):
        told = signals.carried(number)
        buy, sell, strength, acts = (column[number] for column in signals.scores)
        assert (buy, sell) == (told.buy_score, told.sell_score)
        assert np.array_equal(strength, told.strength or np.nan, equal_nan=True)
        assert acts == {"buy": 1, "sell": -1}.get(told.action.removeprefix("strong_"), 0)
        ballots = each.ballots(number)
        assert at_once.ballots(number) == ballots
        for quiet in combinations(Verdict, 2):
            asked = (frozenset(quiet),) * 2
            assert at_once.still(number, asked) == each.still(number, asked)
            assert at_once.loud(number, asked) == each.loud(number, asked)


def test_with_the_trend_it_is_asked_bar_by_bar() -> None:
    given_ = {"strategies": {"main": {"advisors": {"rule": {"with_trend": True}}}}}
    strategies = StrategySections.model_validate(given_).build()
    benches = Cell.fresh(DecisionsStage(strategies), SPOT).state.benches
    empty = TradeColumns.of([])
    assert type(poll_of(BarSignals(tape(empty), stages(SPOT)[0]), benches)) is Poll
