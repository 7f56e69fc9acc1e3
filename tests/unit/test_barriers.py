"""Forecasts of a barrier settle bar by bar as the training has it, and are watched and compared."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from itertools import pairwise
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.learning import targets
from engine.learning.drift import DriftSettings, Watch, Watched
from engine.learning.outcomes import Bar, Waiting, settled
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell
from engine.strategies import Context, Verdict
from gateway.models.match import Match, of_candles
from gateway.models.samples import Aim, direction
from gateway.models.series import series, signals
from schemas import names
from schemas.codec import encode
from schemas.decisions import Forecast
from schemas.signals import Signal
from tests.unit import test_signals
from tests.unit.learning import HOUR, form, head, tree, write_candles
from tests.unit.test_drift import SHORT, STATES
from tests.unit.test_model_strategy import advisor, bar
from tests.unit.trading import BTC
from topics.models.store import Stored
from topics.settings import Settings

PRICES = st.integers(90, 110).map(float)


@st.composite
def rows(draw: Any) -> tuple[float, float, float, float]:
    opened, close, one, other = (draw(PRICES) for _ in range(4))
    return opened, max(opened, close, one), min(opened, close, other), close


@given(
    st.lists(st.tuples(rows(), st.sampled_from([nan, 0.0, 1.0, 3.0, 7.5])), max_size=30),
    st.integers(1, 6),
)
@example([((100.0, 100.0, 100.0, 100.0), 3.0), ((100.0, 103.0, 97.0, 100.0), nan)], 1)
def test_bar_by_bar_it_is_the_target_of_the_training(
    found: list[tuple[tuple[float, float, float, float], float]], horizon: int
) -> None:
    columns = np.array([row for row, _ in found], dtype=float).reshape(len(found), 4).T
    bars, widths = targets.Bars(*columns), np.array([width for _, width in found], dtype=float)
    touched = targets.triple_barrier(bars, widths, horizon)
    came = targets.rises(bars, touched)
    waiting: list[Waiting] = []
    said: dict[int, tuple[int, float]] = {}
    for at, (row, width) in enumerate(found):
        waiting, done = settled(waiting, Bar(*row), horizon)
        said |= {int(each.up): (at, outcome) for each, outcome in done}
        if width > 0:
            waiting.append(Waiting(row[3], at, width))
    wanted = zip(touched.end.tolist(), came.tolist(), strict=True)
    assert said == {at: each for at, each in enumerate(wanted) if not isnan(each[1])}


# -- watched ---------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(rows(), st.floats(0, 1)), min_size=100, max_size=220), st.data())
def test_a_restart_at_any_bar_changes_nothing(found: Any, data: Any) -> None:
    watch, whole, cut = Watch({}, 0.5, 4, SHORT, True), Watched(), Watched()
    at = data.draw(st.integers(0, len(found)))
    for n, (row, up) in enumerate(found):
        if n == at:
            kept = json.dumps(STATES.dump_python(cut, mode="json"))
            cut = STATES.validate_python(json.loads(kept))
        for state in (whole, cut):
            watch.take(state, (), row[3], up, Bar(*row), 3.0)
    assert asdict(cut) == asdict(whole)
    assert sum(count for count, _, _ in whole.losses) > 0


def hours(count: int, right: float, seed: int = 3) -> list[Context]:
    """Hours that go on as they went, or in so many of 1 turn: by 2 quote, an ATR of 1.5."""
    chance, found, close, way = random.Random(seed), list[Context](), 100.0, 1
    for n in range(count):
        one = bar(n, 2.0 * way).signal
        way = way if chance.random() < right else -way
        row = (close, max(close, close + 2 * way), min(close, close + 2 * way), close + 2 * way)
        close = row[3]
        prices = tuple(str(each) for each in row)
        update = {"bar": prices, "indicators": {**one.indicators, "close": close}}
        found.append(Context(BTC, n, one.model_copy(update=update)))
    return [_known(one, after) for one, after in pairwise(found)]


def _known(one: Context, after: Context) -> Context:
    """The hour's prices with what its model sees: the way of the hour that comes, or was."""
    return one._replace(signal=one.signal.model_copy(update={"features": after.signal.features}))


def seat(way: float = 1.0) -> Any:
    """One that is asked by a model of the barrier, sure of what it says."""
    sure = tree(value=[0.0, -3.0 * way, 3.0 * way])
    of = form(target="barrier", horizon=3, heads={"direction": head(trees=sure)})
    return advisor(of, drift=DriftSettings(window=100, limit=1e9))


@pytest.mark.parametrize(("right", "fails"), [(0.9, False), (0.1, True)])
def test_a_model_of_barriers_that_is_worse_than_its_base_rate_is_not_heeded(
    right: float, fails: bool
) -> None:
    model = seat()
    state = model.initial()
    told = [model.judge(state, each) for each in hours(240, right)]
    assert bool(model.failing(state)) is fails
    assert (told[-1].verdict is Verdict.HOLD) is fails
    if fails:
        assert "worse than its base rate by" in told[-1].reasons[0]
        assert "worse" in (model.turned(state) or ""), "the strategy falls back, and says why"


def test_nothing_is_counted_over_a_gap_or_without_the_bar_s_prices() -> None:
    for broken in ({"bar": None}, {"bar_time": 70 * HOUR + 1}):
        model, found = seat(), hours(60, 0.5)
        state = model.initial()
        for context in found:
            model.judge(state, context)
        assert state.watched.waiting
        last = found[-1].signal.model_copy(update={"bar_time": 59 * HOUR, **broken})
        model.judge(state, found[-1]._replace(signal=last))
        assert not state.watched.waiting


# -- told ------------------------------------------------------------------------------------------


def test_a_signal_has_the_prices_of_the_bar_that_closed_with_it() -> None:
    cell = Cell.fresh(SignalsStage(SignalSettings()), BTC)
    rows_ = [
        test_signals.ticks(0, test_signals.bar(0, "100"), test_signals.bar(1, "101.50")),
        test_signals.ticks(1), test_signals.ticks(2, test_signals.bar(2, "102")),
        test_signals.ticks(3, test_signals.bar(3, "1", interval="1m")),
    ]  # fmt: skip
    made = [out.record for row in rows_ for out in cell.take(names.TICKS, row)]
    told = [one.bar for one in made if isinstance(one, Signal)]
    assert told == [("101.50",) * 4, None, ("102",) * 4, None]


def test_a_forecast_has_them_where_barriers_are_foretold_and_else_not_a_byte_more() -> None:
    given_: dict[str, Any] = {"model": "d", "up": 0.5, "close": 1.0, "bar_time": 1, "cutoff": 0}
    bare = Forecast(**given_)
    assert b"bar" not in bare.model_dump_json().replace("bar_time", "").encode()
    assert b"atr" not in bare.model_dump_json().encode()
    full = Forecast(**given_, bar=("1", "2", "0.5", "1"), atr=0.5)
    assert Forecast.model_validate_json(full.model_dump_json()) == full


def test_compared_on_candles_it_is_the_target_of_the_training(tmp_path: Path) -> None:
    file, known = write_candles(tmp_path / "one_1h.csv.gz", 300), Settings()
    pair = []
    for way in (1.0, -1.0):
        trees = tree(value=[0.0, -0.4 * way, 0.4 * way])
        of = form(heads={"direction": head(trees=trees)}, target="barrier", horizon=4, barrier=1.5)
        pair.append(Stored("mine", str(way), f"{way}", orjson.dumps(of), {}))
    one, came = of_candles(Match(pair[0], pair[1]), file, known)
    assert came is not None
    found = series(file, HOUR, (), known)
    wanted = direction(found, Aim("barrier", 4, 1.5))
    told = dict(zip(found.close_time.tolist(), wanted.tolist(), strict=True))
    held = {row.time for row in one.rows}
    assert len(came) > 200
    assert came == {at: each for at, each in told.items() if not isnan(each) and at in held}
    last = signals(file, HOUR, known)[-1]
    assert last.bar is not None
    assert encode(last)
