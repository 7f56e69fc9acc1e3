"""`tapeline backtest-depth`: what it tells, of whose strategies, and what it refuses."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.costs import ProportionalFees
from engine.depth import grid
from engine.depth import layout as at
from engine.depth.desk import Desk
from engine.depth.earned import earned
from engine.depth.habits import DRAWN, Unreckoned, rules_of
from engine.venue.settings import ExecutionSettings
from gateway.backtests.depth_columns import columns_of
from gateway.cli import app
from gateway.terminal.output import Output
from schemas.orders import Contract
from tests.unit.tape import LINES, tape
from topics.settings import Settings

MINE = """
from typing import NamedTuple
from engine.depth.view import BUY, POST_ONLY, best_bid, order_at, orders, place, ready

class Settings(NamedTuple):
    every: int = 100_000_000
    size: int = 2

def act(desk, settings):
    if ready(desk) and orders(desk) == 0:
        place(desk, BUY, best_bid(desk), settings.size, POST_ONLY)
"""
GRID = ("--set", "step=1", "--set", "half_spread=1", "--set", "levels=3")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("usdm") / "btcusdt.gz"
    assert len(tape("usdm")) == LINES
    path.write_bytes(gzip.compress("\n".join(tape("usdm")).encode()))
    return path


def ran(*given: Any) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["backtest-depth", *map(str, given)])
    return found.exit_code, found.output


def told(*given: Any) -> dict[str, Any]:
    code, output = ran(*given, "--market", "usdm", "--json")
    assert code == 0, output
    found: dict[str, Any] = orjson.loads(output.splitlines()[0])
    return found


def test_it_tells_what_the_desk_earned(recording: Path) -> None:
    found = told(recording, *GRID, "--curve")
    columns = columns_of([recording], Settings(), "usdm", None, None, Output(True))
    settings = grid.Settings(step=1, half_spread=1, levels=3)
    rules = rules_of(ExecutionSettings(), 5_000_000)
    log = Desk(columns, rules, settings.every).run(grid.act, settings)
    made = earned(columns, log, Contract(), ProportionalFees())
    assert (found["fills"], Decimal(found["profit"])) == (made.fills, made.profit)
    assert found["fills"] > 3
    assert found["curve"][-1][1] == pytest.approx(float(made.profit or 0))
    assert (found["tick"], found["lot"]) == ("0.1", "0.001")


def test_a_file_of_ones_own_is_a_strategy(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "patient.py"
    path.write_text(MINE)
    found = told(recording, "--strategy", path, "--set", "size=7")
    assert (found["strategy"], found["settings"]["size"]) == ("patient", 7)
    assert found["orders"] >= 1


def test_columns_are_kept_and_are_those_of_their_recordings(
    recording: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "columns"
    first = told(recording, *GRID, "--columns", kept)
    again = told(recording, *GRID, "--columns", kept)
    assert {**first, "seconds": 0} == {**again, "seconds": 0}
    other = tmp_path / "usdm.txt"
    other.write_text("\n".join(tape("usdm")[: LINES // 2]))
    code, said = ran(other, "--market", "usdm", "--columns", kept)
    assert code == 1
    assert "columns of other recordings" in said


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (("--strategy", "moon"), "choose from avellaneda, grid"),
        (("--strategy", "none.py"), "name a file that exists"),
        (("--set", "depth=3"), "choose from every, levels"),
        (("--set", "levels=many"), "levels is a number like 5"),
        (("--set", "every=0"), "more than 0"),
        (("--symbol", "DOGE/USDT"), "choose another recording"),
    ],
)
def test_what_cannot_be_is_one_line(recording: Path, given: Any, word: str) -> None:
    code, said = ran(recording, "--market", "usdm", *given)
    assert code == 1
    assert word in said
    assert len(said.strip().splitlines()) == 1


def test_a_strategy_that_cannot_be_compiled_is_told_in_one_line(
    recording: Path, tmp_path: Path
) -> None:
    path = tmp_path / "dreams.py"
    path.write_text(MINE.replace("settings.size", "open('x')"))
    code, said = ran(recording, "--market", "usdm", "--strategy", path)
    assert code == 1
    assert "dreams cannot be compiled" in said


def test_the_settings_are_the_simulated_venues() -> None:
    given = {"queue": {"name": "prob_power", "power": 2}, "liquidity": "displayed",
             "latency": {"name": "lognormal", "median": 8, "p99": 40}}  # fmt: skip
    settings = ExecutionSettings.model_validate(given)
    rules = rules_of(settings, 7)
    assert (rules.model, rules.power, rules.consumes) == (at.PROB_POWER, 2, False)
    assert rules.feedback == 7
    assert len(rules.latencies) == DRAWN
    assert rules.latencies[5] == settings.venue().due(0, "5")


@pytest.mark.parametrize(
    "given",
    [
        {"margin": {"name": "isolated"}},
        {"impact": {"name": "square_root", "volatility": "0.03", "volume": "9"}},
        {"fees": {"name": "tiered", "linear": [{"maker": "0", "taker": "0"}]}},
        {"funding": {"rates": {}}},
    ],
)
def test_what_is_not_compiled_is_refused(given: Any) -> None:
    with pytest.raises(Unreckoned, match="leave that out"):
        rules_of(ExecutionSettings.model_validate(given), 0)
