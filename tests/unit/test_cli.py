"""The command line without a broker: the map, schemas, decoding, and errors in one line."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import infra.recordings
from gateway.cli import app
from topics import TOPICS
from topics.heap import YOUNG
from topics.settings import settings

run = CliRunner()
NOWHERE = "127.0.0.1:9"
"""The discard port: no broker answers there."""


@pytest.fixture(autouse=True)
def no_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TAPELINE_HOME": str(tmp_path), "BROKER_URL": NOWHERE}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TAPELINE_DEBUG", raising=False)
    monkeypatch.setattr("gateway.running.broker.PATIENCE", 0.3)
    settings.cache_clear()


@pytest.fixture(autouse=True, scope="module")
def forget_settings() -> Any:
    yield
    settings.cache_clear()


def told(*words: str, code: int = 0) -> str:
    result = run.invoke(app, list(words))
    assert result.exit_code == code, result.output
    return result.stdout


def complaint(*words: str) -> str:
    """The one line on stderr of a command that fails."""
    result = run.invoke(app, list(words))
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_version() -> None:
    assert told("--version") == f"tapeline {version('tapeline')}\n"


def test_help_starts_fast() -> None:
    """Nothing heavy is imported before a command runs."""
    heavy = ["confluent_kafka", "pydantic", "numpy", "faust", "topics", "engine"]
    assert loaded("gateway.cli", heavy) == "[]"
    assert loaded("gateway.client.desk", ["nacl"]) == "[]", "only a login is written"


def test_a_command_starts_without_looks_of_the_collector() -> None:
    code = (
        "import gc, sys; from gateway.cli import main; sys.argv = ['tapeline', '--version'];"
        "\ntry: main()\nexcept SystemExit: print(gc.get_threshold()[0])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ran.stdout.splitlines()[-1]) == YOUNG


def loaded(module: str, heavy: list[str]) -> str:
    """Those of these modules that an import of one has loaded too."""
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def test_the_map_is_shown_without_a_broker() -> None:
    rows = [json.loads(line) for line in told("topics", "--json").splitlines()]
    assert [row["topic"] for row in rows] == [spec.name for spec in TOPICS]
    assert {row["on_broker"] for row in rows} == {None}
    raw = rows[0]
    assert (raw["key"], raw["writer"], raw["partitions"]) == ("venue:symbol", "raw", 8)


def test_the_map_for_people_names_every_topic() -> None:
    text = told("topics")
    assert all(spec.name in text for spec in TOPICS)


def test_schema_of_one_and_of_all() -> None:
    one = json.loads(told("topics", "--schema", "trading.orders"))
    assert "outcome" in one["properties"]
    every = json.loads(told("topics", "--schema", "all"))
    assert list(every) == [spec.name for spec in TOPICS]
    assert every["trading.orders"] == one


def test_a_topic_like_no_other_is_not_guessed() -> None:
    line = complaint("topics", "--schema", "nope")
    assert line == "tapeline: there is no topic nope; `tapeline topics` lists them"


def test_an_unknown_topic_names_the_nearest() -> None:
    assert "is it trading.orders" in complaint("topics", "--schema", "trading.order")
    assert "is it trading.orders" in complaint("topics", "--tail", "trading.order")


@pytest.mark.parametrize(
    "words",
    [
        ("topics", "--create"),
        ("topics", "--tail", "trading.orders"),
        ("topics", "--console", "trading.orders"),
        ("why", "tl123"),
        ("replay", str(infra.recordings.MARKET[1])),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_without_a_broker_one_line_names_the_remedy(words: tuple[str, ...]) -> None:
    line = complaint(*words)
    assert NOWHERE in line
    assert "tapeline up" in line


def test_an_order_must_be_named() -> None:
    assert "name an order" in complaint("why", "")


@pytest.mark.parametrize("more", [(), ("--detach",)])
def test_a_stage_that_cannot_be_left_out_lists_those_that_can(more: tuple[str, ...]) -> None:
    line = complaint("up", "--without", "tick", *more)
    assert "tick: no such stage; choose from ticks, signals, decisions, orders" in line
    assert line.endswith("executor, portfolio, control")


def test_down_without_a_desk() -> None:
    assert "tapeline up" in complaint("down")


def test_status_without_a_desk_is_a_failure_that_json_tells() -> None:
    told_ = json.loads(told("status", "--json", code=1))
    assert told_["running"] is False
    assert told_["broker_answers"] is False


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    assert "there.gz" in complaint("decode", "--venue", "binance", str(tmp_path / "there.gz"))
    assert "there.gz" in complaint("replay", str(tmp_path / "there.gz"))


def test_a_directory_is_no_recording(tmp_path: Path) -> None:
    assert "is a directory" in complaint("decode", "--venue", "binance", str(tmp_path))
    assert "is a directory" in complaint("replay", str(tmp_path))


def test_wrong_settings_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPELINE_LINGER", "many")
    settings.cache_clear()
    result = run.invoke(app, ["topics"])
    assert result.exit_code == 78
    assert "setting linger" in result.output
    assert "many" not in result.output


FRAMES = (
    '1723161255000000000 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,'
    '"T":1723161256322,"s":"BTCUSDT","t":7,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}\n'
    '1723161255000000001 {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5,'
    '"s":"BTCUSDT","b":"61800.20","B":"2.5","a":"61800.30","A":"2.51","T":1,"E":1}}\n'
)


def test_decode_prints_a_line_a_tick_and_counts_on_stderr(tmp_path: Path) -> None:
    file = tmp_path / "frames"
    file.write_text(FRAMES)
    words = ["decode", "--venue", "binance", "--market", "usdm", str(file)]
    result = run.invoke(app, words)
    trade, quote = (json.loads(line) for line in result.stdout.splitlines())
    assert (trade["type"], trade["price"], trade["side"]) == ("trade", "61800.30", "buy")
    assert (quote["type"], quote["ask_quantity"]) == ("quote", "2.51")
    assert result.stderr.strip() == "1 quote, 1 trade"
    assert json.loads(told(*words, "--summary", "--json")) == {"quote": 1, "trade": 1}


def test_the_ticks_before_a_fault_are_printed_and_the_command_fails(tmp_path: Path) -> None:
    file = tmp_path / "frames.gz"
    file.write_bytes(gzip.compress(FRAMES.encode())[:-8])
    result = run.invoke(app, ["decode", "--venue", "binance", str(file)])
    assert result.exit_code == 1
    assert [json.loads(line)["type"] for line in result.stdout.splitlines()] == ["trade", "quote"]
    (line,) = result.stderr.splitlines()
    assert line.startswith("tapeline: ")
    assert "frames.gz" in line


def test_an_unreadable_frame_fails_the_command(tmp_path: Path) -> None:
    file = tmp_path / "frames"
    file.write_text(FRAMES + '1723161255000000002 {"broken\n')
    text = told("decode", "--venue", "binance", "--market", "usdm", "--summary", str(file), code=1)
    assert "1 dead" in text


def test_our_own_faults_are_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError("never")

    monkeypatch.setattr("gateway.watching.topic_map.show", broken)
    assert "TAPELINE_DEBUG" in complaint("topics")
    monkeypatch.setenv("TAPELINE_DEBUG", "1")
    assert isinstance(run.invoke(app, ["topics"]).exception, ZeroDivisionError)


def test_a_bench_that_there_is_not_names_those_there_are() -> None:
    told = complaint("bench", "speed")
    assert "choose from advisors, backtest, candles, exchange, executor, feeds, gateway" in told
    assert "hot, latency, matching, memory, pipeline, scaling, transport" in told


def test_a_bench_needs_a_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gateway.bench.ROOT", tmp_path)
    assert "needs a checkout" in complaint("bench", "pipeline")


def test_a_missed_service_level_is_told_by_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"bench": "pipeline", "case": "p99", "unit": "ms", "peers": {"bare": 50.0}, "ratio": 2.0}

    def measured(ours: float, **level: float) -> None:
        rows = [{**row, "ours": ours, "level": level}]
        monkeypatch.setattr("tests.bench.pipeline.rows", lambda rounds, seconds: rows)

    measured(100.0, at_most=100.0)
    assert json.loads(told("bench", "pipeline", "--json"))["ours"] == 100.0
    measured(100.1, at_most=100.0)
    told("bench", "pipeline", "--json", code=1)
    measured(10_000.0, over=10_000.0)
    told("bench", "pipeline", code=1)


@pytest.mark.parametrize(
    ("ours", "level", "code"),
    [
        (100.0, {"at_least_times": {"bare": 2.0}}, 0),
        (99.9, {"at_least_times": {"bare": 2.0}}, 1),
        (65.0, {"at_most_times": {"bare": 1.3}}, 0),
        (65.1, {"at_most_times": {"bare": 1.3}}, 1),
    ],
)
def test_a_level_may_be_in_times_a_peer(
    monkeypatch: pytest.MonkeyPatch, ours: float, level: dict[str, dict[str, float]], code: int
) -> None:
    row = {
        "bench": "latency", "case": "p50", "unit": "ms", "ours": ours, "peers": {"bare": 50.0},
        "ratio": ours / 50, "level": level, "missing": {"other": "other is not to be had"},
    }  # fmt: skip
    monkeypatch.setattr("tests.bench.latency.rows", lambda rounds, seconds: [row])
    assert "other is not to be had" in told("bench", "latency", "--json", code=code)
    assert "times bare" in " ".join(told("bench", "latency", code=code).split())


def test_events_are_refused_where_a_bench_counts_none() -> None:
    assert "takes no --events" in complaint("bench", "latency", "--events", "100")
