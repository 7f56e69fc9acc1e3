"""What is said at the bars of a tape is what the stages say of each record, and no later trade
changes it.
"""

from __future__ import annotations

from dataclasses import replace
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
from engine.replay.poll import Poll
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
