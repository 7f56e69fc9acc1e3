"""Funding from a file: columns have the bytes of every record, and whatever plays reads it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.columns.tape import Tape
from gateway.backtests.lookahead import look_ahead
from gateway.cli import app
from gateway.research.environment import BacktestEnv
from gateway.research.source import CandleFiles
from gateway.terminal.output import Output
from infra.recordings import MARKET
from schemas.errors import CONFIGURATION_EXIT
from schemas.statuses import Status
from tests.recorded import long
from tests.unit.test_tape_desk import (
    BREAKOUT,
    BTC,
    ETH,
    MOVING,
    SECOND,
    alike,
    played,
    tapes,
    valid,
)
from tests.unit.waves import SETTINGS, written
from topics.settings import settings

EVERY, RECORDED = SECOND, MARKET[0]


def funded(given: dict[str, Any], markets: list[Tape]) -> dict[str, Any]:
    """Both markets pay each second, a time of a trade's receipt among them."""
    rates = {}
    for key, market in zip((BTC, ETH), markets, strict=True):
        seen = market.trades.seen_time
        times = {*range(int(seen[0]), int(seen[-1]), EVERY), int(seen[len(seen) // 2])}
        rates[key] = [(at, ("0.0001", "-0.00025")[n % 2]) for n, at in enumerate(sorted(times))]
    return {**given, "execution": {**given.get("execution", {}), "funding": {"rates": rates}}}


@pytest.mark.parametrize("given", [BREAKOUT, MOVING], ids=["plain", "moving"])
@pytest.mark.parametrize("spread", [1, 3])
def test_each_payment_has_the_bytes_of_every_record(given: dict[str, Any], spread: int) -> None:
    markets = tapes(2500, long(5000, 3500), spread=spread)
    fast, slow = played(funded(given, markets), markets)
    alike(fast, slow)
    valid(fast)
    paid = [row for _, row in fast if isinstance(row, Status) and row.type == "funding"]
    assert len(paid) > long(10, 5)


KEY = "binance:BTC/USDT:USDT"


@pytest.fixture
def home(wavy: Path) -> Path:
    """Rates of three payments a day, and candles of the same days."""
    days = [f"2019-01-{1 + day:02} {hour:02}:00:00" for day in range(18) for hour in (0, 8, 16)]
    rates = "".join(f"BTC-USDT,{at},0.0001\n" for at in days)
    (wavy / "rates.csv").write_text(f"symbol,date,funding rate\n{rates}")
    named(wavy, "rates.csv")
    written(wavy)
    return wavy


def named(home: Path, file: str) -> None:
    """Let the settings name that file of rates."""
    told = f'[funding."{KEY}"]\nfile = "{home / file}"\n'
    (home / "tapeline.toml").write_text(SETTINGS + told)
    settings.cache_clear()


def funding_of(*words: str | Path) -> Decimal:
    made = CliRunner().invoke(app, ["backtest", *map(str, words), "--json"])
    assert made.exit_code == 0, made.output
    told = [orjson.loads(line) for line in made.stdout.splitlines() if line.startswith("{")]
    return Decimal(told[1]["funding"])


def test_a_backtest_of_candles_pays_the_rates_of_its_file(home: Path) -> None:
    given = ("--candles", KEY, home / "hours.csv.gz")
    paid = funding_of(*given)
    assert paid != 0
    (home / "tapeline.toml").write_text(SETTINGS)
    settings.cache_clear()
    assert funding_of(*given) == 0


CANDLES = ("hours.csv.gz", "--candles", KEY)
CANDIDATE = 'long = "rsi < 30"\nstop_percent = 4\n'
SEARCH = ("--into", "made", "--train", "5d", "--test", "2d")


@pytest.mark.parametrize(
    "words",
    [
        ("backtest", *CANDLES),
        ("backtest", "recorded"),
        ("optimize", *CANDLES, *SEARCH, "--set", "rule.weight=1,2"),
        ("generate", *CANDLES, *SEARCH, "--strategy", "x"),
        ("transfer", "swing.toml", "--on", f"{KEY}=hours.csv.gz"),
        ("models", "train-policy", "hours.csv.gz", "--candles", KEY, "--name", "x"),
    ],
    ids=lambda words: "-".join(each for each in words[:3] if each.isalpha()),
)
def test_whatever_plays_reads_the_rates(
    home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Where the file of rates is not there nothing is played, and no search is begun."""
    monkeypatch.chdir(home)
    named(home, "none.csv")
    (home / "swing.toml").write_text(CANDIDATE)
    given = [str(RECORDED) if each == "recorded" else each for each in words]
    told = CliRunner().invoke(app, given)
    assert told.exit_code == CONFIGURATION_EXIT
    assert "none.csv cannot be read" in told.stderr
    assert not (home / "made").exists()


def test_so_do_the_look_ahead_and_the_environment(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named(home, "none.csv")
    with pytest.raises(SystemExit):
        look_ahead([RECORDED], None, None, Output(json=False))
    with pytest.raises(SystemExit):
        BacktestEnv(CandleFiles((home / "hours.csv.gz",), KEY), KEY, settings())
    assert capsys.readouterr().err.count("none.csv cannot be read") == 2
