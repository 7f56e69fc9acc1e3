"""The bench of two years of candles: a whole backtest of the shipped file, with its report."""

from __future__ import annotations

from pathlib import Path

from gateway.bench import met
from tests.bench import candles


def test_a_play_is_a_backtest_with_its_report(tmp_path: Path) -> None:
    first, *_, last = candles.played(tmp_path)
    assert (first["bars"], first["peeks"], first["letters"]) == (17_480, 0, 0)
    assert first["records"]["trading.orders"] > 1000
    assert last["play"] > last["kernels"] > 0
    assert {"paper.html", "paper.json", "paper-trades.csv"} <= {
        each.name for each in (tmp_path / "report").iterdir()
    }


def test_the_median_is_held_to_what_is_promised() -> None:
    kept = candles.row(candles.CASE, [1.9, 2.5, 1.8], at_most=candles.PROMISED)
    assert (kept["ours"], met(kept)) == (1.9, True)
    assert not met(candles.row(candles.CASE, [2.1], at_most=candles.PROMISED))
    assert "level" not in candles.row("start-up", [2.1])
