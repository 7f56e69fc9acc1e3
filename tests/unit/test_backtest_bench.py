"""The bench of backtests: what is timed is a whole backtest, and a row says what was missed."""

from __future__ import annotations

import numpy as np

from engine.spans import SECOND
from gateway.bench import met
from gateway.benches import BENCHES
from tests.bench import backtest, backtest_trades
from tests.unit.columns_desk import recorded_trades

PLAY = {"processor": 2.0, "seconds": 4.0, "bars": 3, "fills": 1, "records": 9}


def test_a_play_trades_on_every_bar_of_a_minute() -> None:
    shifts = np.arange(8) * 346 * SECOND
    columns = {key: each.shifted(shifts) for key, each in recorded_trades().items()}
    done = backtest_trades.play(columns)
    assert done["bars"] == 2 * (8 * 346 // 60)
    assert done["fills"] > 5
    assert done["records"] < 6 * done["bars"]


def test_a_row_names_the_peer_and_the_level() -> None:
    peer = {"processor": 10.0, "seconds": 12.0, "fills": 2}
    row = backtest_trades._row(3_000_000, [PLAY], [peer], "")
    assert (row["ours"], row["peers"], row["ratio"]) == (1.5e6, {backtest_trades.PEER: 3e5}, 5.0)
    assert met(row)
    assert not met(backtest_trades._row(2_000_000, [PLAY], [peer], ""))
    assert not met(backtest_trades._row(3_000_000, [PLAY], [{**peer, "processor": 9.0}], ""))


def test_without_the_peer_the_row_says_why() -> None:
    row = backtest_trades._row(3_000_000, [PLAY], [], "it is not there")
    assert (row["ratio"], row["missing"]) == (None, {backtest_trades.PEER: "it is not there"})


def test_the_bench_has_its_parts() -> None:
    assert "backtest" in BENCHES
    assert "backtest_trades" in backtest.PARTS
