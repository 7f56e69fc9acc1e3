"""`tapeline backtest --candles`: candles to a report, and one line for what cannot be played."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from engine.columns.candle_columns import columns
from engine.portfolio import PortfolioSettings
from gateway.backtests.backtest import listed
from gateway.backtests.candles import candles
from gateway.backtests.taped import played
from gateway.backtests.tapes import of_length, tape_of
from gateway.cli import app
from gateway.watching.books import books
from tests.unit.waves import HOURS, written
from topics.settings import settings

KEY = "binance:BTC/USDT"


def ran(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["backtest", *map(str, words)])


def test_candles_are_played_and_reported(wavy: Path) -> None:
    made = ran("--candles", KEY, written(wavy), "--json", "--report", wavy / "report")
    assert made.exit_code == 0, made.output
    told = [orjson.loads(line) for line in made.stdout.splitlines() if line.startswith("{")]
    assert (told[0]["letters"], told[0]["peeks"]) == (0, 0)
    assert told[0]["bars"] >= HOURS - 1
    assert told[0]["records"]["trading.statuses"] > 20
    assert told[0]["preceded"] == told[0]["records"]["trading.decisions"] > 5
    assert told[1]["portfolio"] == "own"
    assert (wavy / "report" / "paper.html").stat().st_size > 10_000


def test_two_plays_are_the_same_bytes(wavy: Path) -> None:
    file = written(wavy)
    for name in ("a", "b"):
        assert ran("--candles", KEY, file, "--report", wavy / name).exit_code == 0
    for one in (wavy / "a").iterdir():
        assert one.read_bytes() == (wavy / "b" / one.name).read_bytes()


def test_what_speaks_with_servers_is_not_loaded(wavy: Path) -> None:
    """Nor what fetches Kafka's jars: candles are played without any of it."""
    words = ["backtest", "--candles", KEY, str(written(wavy)), "--report", str(wavy / "report")]
    servers = ("requests", "jgo", "redis", "aiokafka", "confluent_kafka", "aiohttp", "faust")
    code = (
        f"import sys; from gateway.cli import app; app({words}, standalone_mode=False);"
        f"print([name for name in {servers} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_the_books_that_are_kept_are_those_of_the_statuses(wavy: Path) -> None:
    known, found = settings(), candles([written(wavy)])
    rows = [*listed(known)]
    tape = tape_of(KEY, columns(found), of_length(known, found.length), rows, "run")
    results = played(tape, of_length(known, found.length), rows)
    again = books(results.statuses, known.of("portfolio", PortfolioSettings))
    assert results.rows is not None
    assert {name: each.portfolio for name, each in again.items()} == {"paper": results.rows}
    assert len(results.rows) > 20


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--candles", "nowhere:BTC/USDT"), "no instrument nowhere:BTC/USDT: there are binance:"),
        (("--candles", KEY, "--market", "spot"), "files of candles are played alone"),
        (("--candles", KEY, "--spread", "wide"), "a spread of wide is none: write a number"),
        (("--candles", KEY, "--from", "2020-01-01"), "--from and --to leave nothing"),
        (("--spread", "1"), "--spread is of candles, and these are books: add --candles"),
    ],
)
def test_what_cannot_be_played_is_told_in_a_line(
    wavy: Path, words: tuple[str, ...], told: str
) -> None:
    made = ran(*words, written(wavy))
    assert made.exit_code != 0
    assert told in f"{made.output}{made.exception}"


@pytest.mark.parametrize(("spread", "shown"), [(None, "0.01"), ("0.005", "0.005"), ("3", "3")])
def test_the_book_is_as_wide_as_is_asked_for(wavy: Path, spread: str | None, shown: str) -> None:
    """Also where the candles' prices have fewer digits."""
    file = written(wavy)
    whole = file.with_name("whole.csv")
    rows = gzip.decompress(file.read_bytes()).decode().splitlines()[1:]
    whole.write_text("\n".join([rows[0], *(re.sub(r"\.\d\d", "", row) for row in rows[1:])]))
    for each in (file, whole):
        known, found = settings(), candles([each])
        known = of_length(known, found.length)
        tape = tape_of(KEY, columns(found), known, [*listed(known)], "run", spread)
        (bid, _), (ask, _) = tape.best(7)
        assert Decimal(ask) - Decimal(bid) == Decimal(shown)


def test_candles_without_a_file(wavy: Path) -> None:
    made = ran("--candles", KEY)
    assert made.exit_code != 0
    assert "name files of candles" in f"{made.output}{made.exception}"


def test_a_strategy_that_needs_more_than_bars_is_refused(wavy: Path) -> None:
    (wavy / "tapeline.toml").write_text("[strategies.flow]\nadvisors = { flow = {} }\n")
    made = ran("--candles", KEY, written(wavy))
    assert made.exit_code != 0
    assert "strategy flow: flow looks at every record" in f"{made.output}{made.exception}"
