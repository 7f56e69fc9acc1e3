"""The online learner at its seat: silent while it warms up, killed and restored at any bar."""

from __future__ import annotations

from math import sin
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decisions import DecisionsStage
from engine.learning.vector import BARS
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from schemas import names
from schemas.codec import encode
from schemas.decisions import Decision, Verdict
from schemas.signals import Signal
from tests.unit.judging import reborn, signal
from tests.unit.trading import BTC, SECOND

WARM_UP = 20
ONLINE: dict[str, Any] = {
    "kind": "online", "warm_up": WARM_UP, "enter": 0.02,
    "learner": {"horizon": 4, "cost_bps": 1, "ftrl": {"alpha": 0.5}},
}  # fmt: skip
STRATEGY: dict[str, Any] = {
    "advisors": {"online": ONLINE, "momentum": {"entry_bars": 3, "exit_bars": 2, "filter_atr": 0}},
    "weights": "learnt",
    "outcomes": {"horizon": 3},
    "quorum": 0,
}


def stage(**learner: Any) -> DecisionsStage:
    online = {**ONLINE, "learner": {**ONLINE["learner"], **learner}}
    strategy = {**STRATEGY, "advisors": {**STRATEGY["advisors"], "online": online}}
    sections = StrategySections.model_validate({"strategies": {"main": strategy}})
    return DecisionsStage(sections.build())


def bar(n: int, fresh: bool = True, clock: bool = False, noise: float = 0.0) -> Signal:
    """A market in waves, which there is something to learn of."""
    close = 100 + 3 * sin(n / 5) + noise
    values: dict[str, float | None] = {
        "close": close, "atr": 0.5, "rsi": 50 + 40 * sin(n / 5 + 1), "macd": sin(n / 4),
        "bollinger_upper": 104.0, "bollinger_middle": 100.0, "bollinger_lower": 96.0,
        "sma_fast": 100 + sin(n / 7), "sma_slow": 100.0,
        "ema_fast": 100 + 2 * sin(n / 6), "ema_slow": 100.0,
    }  # fmt: skip
    bid, ask = (f"{close - 0.01:.2f}", "5"), (f"{close + 0.01:.2f}", "5")
    features = {
        "realised_volatility": 0.01, "volume_z": sin(n / 9), "rsi": 0.8 * sin(n / 5 + 1),
        "log_return_1": 0.01 * sin(n / 5 + 2), "log_return_5": 0.02 * sin(n / 5),
        "log_return_15": None, "atr_bps": 50.0, "bollinger_position": 0.5 + sin(n / 5) / 3,
        "macd_histogram_atr": sin(n / 4), "ema_gap_atr": sin(n / 6),
        "time_of_day_sin": sin(n / 60), "time_of_day_cos": 0.5,
    }  # fmt: skip
    return signal(
        n, fresh=fresh, clock=clock, indicators=values, features=features, bid=bid, ask=ask,
        bar_time=n * SECOND,
    )  # fmt: skip


BARE = {"indicators": {"close": 101.0}, "features": {}}


def take(cell: Cell[Any], given_: Signal) -> Decision:
    made = cell.take(names.SIGNALS, given_)[0].record
    assert isinstance(made, Decision)
    return made


def test_it_learns_in_silence_and_then_says_why() -> None:
    cell = Cell.fresh(stage(), BTC)
    said = [take(cell, bar(n)).votes[1] for n in range(120)]
    speaking = [n for n, vote in enumerate(said) if vote.verdict in (Verdict.LONG, Verdict.SHORT)]
    assert speaking[0] >= WARM_UP
    assert len(speaking) > 20
    probability, quality, inputs, *_ = said[speaking[-1]].reasons[1:]
    assert probability.startswith("P(up) 0.")
    assert "in 4 bars, base rate 0." in probability
    assert quality.startswith("log loss 0.")
    assert all(part.split()[0] in BARS for part in inputs.split(", "))
    assert 0.5 <= said[speaking[-1]].confidence <= 1


ROWS = st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(-2, 2)), min_size=1, max_size=15)


@settings(max_examples=12)
@given(ROWS, st.integers(0, 100))
def test_killed_and_restored_at_any_bar_its_state_is_the_uninterrupted_one(
    rows: list[tuple[bool, bool, float]], cut: int
) -> None:
    story = [(True, False, 0.0)] * 45 + rows + [(True, False, 0.0)] * 10
    signals = [bar(n, *row) for n, row in enumerate(story)]
    whole, cell = Cell.fresh(stage(), BTC), Cell.fresh(stage(), BTC)
    at = cut % len(signals)
    expected = [encode(each.record) for one in signals for each in whole.take(names.SIGNALS, one)]
    got = [encode(each.record) for one in signals[:at] for each in cell.take(names.SIGNALS, one)]
    cell = reborn(cell)
    got += [encode(each.record) for one in signals[at:] for each in cell.take(names.SIGNALS, one)]
    assert got == expected
    assert encode(cell.snapshot()) == encode(whole.snapshot())


def test_between_bars_nothing_is_learnt() -> None:
    """What a backtest of columns rests on, which does not show it such records."""
    cell, other = Cell.fresh(stage(), BTC), Cell.fresh(stage(), BTC)
    for n in range(60):
        take(cell, bar(n))
    for n in range(120):
        take(other, replace_seq(bar(n // 2, fresh=n % 2 == 0), n))
    one, two = (each.snapshot().state for each in (cell, other))
    assert one["strategies"] == two["strategies"]
    assert one["courses"] == two["courses"]


def replace_seq(one: Signal, seq: int) -> Signal:
    return one.model_copy(update={"seq": seq})


def test_of_other_inputs_it_forgets_all_and_other_settings_go_on() -> None:
    cell = Cell.fresh(stage(), BTC)
    for n in range(60):
        take(cell, bar(n))
    advisor = cell.state.benches[0].seats[1].advisor
    kept = cell.state.benches[0].seats[1].state
    dumped = advisor.dump(kept)
    assert advisor.load(dumped) == kept
    assert kept.learner.known > 0
    assert advisor.load({**dumped, "inputs": ["other"]}).learner.known == 0
    longer = reborn(cell, stage(horizon=9))
    for n in range(60, 90):
        take(longer, bar(n))
    assert longer.state.benches[0].seats[1].state.learner.bars == 90


def test_a_bar_of_which_an_input_is_missing_is_counted_and_not_foretold() -> None:
    cell = Cell.fresh(stage(), BTC)
    for n in range(40):
        one = bar(n)
        take(cell, one if n != 30 else one.model_copy(update=BARE))
    learner = cell.state.benches[0].seats[1].state.learner
    assert learner.bars == 40
    assert [sample.due for sample in learner.waiting] == [41, 42, 43, 44]


@pytest.mark.parametrize("horizon", [1, 5])
def test_the_state_is_bounded(horizon: int) -> None:
    cell = Cell.fresh(stage(horizon=horizon), BTC)
    sizes = []
    for n in range(300):
        take(cell, bar(n))
        if n % 100 == 99:
            sizes.append(len(encode(cell.snapshot())))
    assert max(sizes) < 1.1 * min(sizes) + 500
