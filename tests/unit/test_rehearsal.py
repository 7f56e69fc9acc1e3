"""The quick world of a search: by hand, and held against the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from engine.learning.targets import Bars
from engine.learning.vector import BARS
from engine.research.splits import Window
from gateway.models.acting import Market, Training, spans
from gateway.models.evolving import Recipe
from gateway.models.rehearsal import Rules, Scale, World
from gateway.models.series import Series, series
from gateway.models.train_policy import usual
from tests.unit.learning import write_candles
from topics.settings import Settings

FEE = 0.001
RULES = Rules(FEE, 0.03, 0.06, short=True)
PLAIN = Scale(np.zeros(1), np.ones(1))
NUMBERS = np.array([[1.0, 0.0, 0.0]])
"""A policy that does as its one input says: 1 long, 0 flat, -1 short."""


def earned(
    ways: list[float], candles: Sequence[Sequence[float]], rules: Rules = RULES
) -> list[float]:
    """By bar, what doing that at each close earns."""
    prices = np.array(candles, dtype=float).T
    one = SimpleNamespace(
        close_time=np.arange(len(ways)), inputs=np.array(ways)[:, None], bars=Bars(*prices)
    )
    world = World([cast(Any, one)], Window(0, len(ways)), rules, PLAIN)
    rows, did = world.played(NUMBERS)
    assert did[0].tolist() == ways
    return [float(each) for each in rows[0]]


def test_an_action_is_carried_out_at_the_next_open() -> None:
    flat = [[100, 100, 100, 100]]
    found = earned([1, 1, 0, 0], [*flat, [100, 101, 99, 101], [101, 102, 101, 102], [103] * 4])
    assert found == pytest.approx([0, 0.01 - FEE, 0.01, 0.01 - 1.03 * FEE])
    found = earned([-1, 0, 0], [*flat, [100, 101, 99, 99], [98] * 4])
    assert found == pytest.approx([0, 0.01 - FEE, 0.01 - 0.98 * FEE])


def test_a_change_of_side_takes_two_bars_and_the_last_bar_ends_it() -> None:
    still = [[100.0] * 4] * 5
    fees = [round(-each / FEE) for each in earned([1, -1, -1, -1, -1], still)]
    assert fees == [0, 1, 1, 1, 1]
    fees = [round(-each / FEE) for each in earned([-1] * 5, still, replace(RULES, short=False))]
    assert fees == [0] * 5


@pytest.mark.parametrize(
    ("way", "candle", "gone"),
    [
        (1, [100, 107, 96, 101], -0.03),  # rising: low before high, so the stop
        (1, [100, 107, 96, 99], 0.06),  # falling: high before low, so the target
        (-1, [100, 104, 93, 101], 0.06),  # rising: low before high, so the target
        (-1, [100, 104, 93, 99], -0.03),  # falling: high before low, so the stop
        (1, [100, 102, 96, 99], -0.03),
        (-1, [100, 102, 93, 101], 0.06),
    ],
)
def test_stops_and_targets_are_met_as_a_candle_goes(
    way: int, candle: list[float], gone: float
) -> None:
    _, found, after = earned([way, 0, 0], [[100] * 4, candle, [50] * 4])
    assert found == pytest.approx(gone - FEE - (1 + way * gone) * FEE)
    assert after == 0


def test_beyond_a_stop_it_is_filled_at_the_open() -> None:
    found = earned([1, 1, 0], [[100] * 4, [100] * 4, [90, 99, 89, 98]])
    assert found == pytest.approx([0, -FEE, -0.1 - 0.9 * FEE])


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Series:
    path = write_candles(tmp_path_factory.mktemp("candles") / "one_1h.csv.gz", 500)
    return series(path, None, BARS, Settings())


def test_the_desk_does_what_the_search_was_told(one: Series) -> None:
    """As many fills, and who earns more in the one earns more in the other."""
    known = usual(Settings())
    market = Market("binance:BTC/USDT:USDT", known)
    training = Training([one], spans(one.close_time, 0.5, 0), market, Recipe(), print)
    span = training.spans.validation
    random = np.random.Generator(np.random.PCG64(5))
    desk, quick = list[float](), list[float]()
    for _ in range(4):
        row = random.normal(0, 0.25, len(BARS) + 2)
        row[-1] = abs(row[-1])
        policy = training.policy_of(row)
        (part,) = training.played(policy, span).parts
        fills = [
            World([one], span, replace(market.rules, fee=fee), training.scale)
            .played(row[None])[0]
            .sum()
            for fee in (0.0, 0.0005)
        ]
        assert (fills[0] - fills[1]) / 0.0005 == pytest.approx(part.fills, rel=0.06)
        desk.append(part.returns.growth - 1)
        quick.append(fills[1])
    assert np.corrcoef(desk, quick)[0, 1] > 0.9
