"""`tapeline pnl` on statuses that a portfolio's cell was fed with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gateway.watching.pnl
from engine.analytics import Span
from gateway.cli import app
from gateway.terminal.span import NoTime, span, time_text
from gateway.watching.earnings import sparkline
from schemas import names
from schemas.codec import encode
from schemas.instruments import Kind
from schemas.orders import Contract
from tests.pipeline.recompute_pnl import main as recompute
from tests.unit.portfolio_play import INVERSE, LINEAR, SPOT, Play, values
from topics.settings import Settings, settings

DAY = 86_400 * 10**9
PLAIN = Contract(kind=Kind.LINEAR, leverage="10")


class Message:
    """What the reader gives."""

    def __init__(self, key: str, value: bytes) -> None:
        self._key, self._value = key, value

    def key(self) -> bytes:
        return self._key.encode()

    def value(self) -> bytes:
        return self._value


Topics = dict[str, list[Message]]


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Topics]:
    """The records of the two topics; no broker."""
    there: Topics = {names.STATUSES: [], names.PORTFOLIO: []}

    def read_all(_: Settings, topic: str) -> Iterator[Message]:
        yield from there[topic]

    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    monkeypatch.setattr(gateway.watching.pnl, "read_all", read_all)
    monkeypatch.setattr("gateway.running.broker.answers", lambda _: True)
    monkeypatch.setenv("BROKER_URL", "127.0.0.1:9")
    settings.cache_clear()
    yield there
    settings.cache_clear()


def traded(topics: Topics) -> Play:
    desk = Play()
    desk.fill("buy", "100", "10", contract=PLAIN, fee="1")
    desk.now = DAY
    desk.fill("sell", "90", "10", contract=PLAIN, fee="1")
    desk.fill("sell", "50000", "10", INVERSE, strategy="swing")
    desk.now = 2 * DAY
    desk.mark("40000", INVERSE)
    desk.fill("buy", "40000", "10", INVERSE, strategy="swing")
    desk.fill("buy", "7", "3", SPOT, strategy="")
    put(topics, desk)
    return desk


def put(topics: Topics, desk: Play) -> None:
    statuses = [Message(status.key, encode(status)) for status in desk.statuses]
    topics[names.STATUSES] = [*statuses, *statuses[-2:]]  # a worker died and sent two again
    topics[names.PORTFOLIO] = [Message(out.key, encode(out.record)) for out in desk.told]


def told(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["pnl", *words])
    assert result.exit_code == code, result.output
    return result.stdout


def test_the_account(topics: Topics) -> None:
    traded(topics)
    found = json.loads(told("--json"))
    assert found["portfolio"] == "agrees"
    # long 10 from 100 to 90; short 1,000 USD for 0.02 BTC that are 0.025 BTC at 40,000: 200 won
    assert (found["start"], found["equity"], found["pnl"]) == ("10000", "10098", "98")
    assert (found["fills"], found["fees"], found["turnover"]) == (5, "2", "3921")
    assert (found["closed"], found["won"], found["win_rate"]) == (2, 1, 0.5)
    assert found["daily"] == [
        ["1970-01-01", "-1"], ["1970-01-02", "-101"], ["1970-01-03", "200"],
    ]  # fmt: skip
    assert found["max_drawdown"]["value"] == "102"
    assert found["sharpe"]["basis"] == "day"
    assert {(row["strategy"], row["symbol"]) for row in found["by"]} == {
        ("main", LINEAR), ("swing", INVERSE), ("", SPOT),
    }  # fmt: skip
    assert "curve" not in found
    curve = json.loads(told("--json", "--curve"))["curve"]
    assert (curve[0][1], curve[-1][1]) == ("10000", "10098")


def test_one_strategy_and_a_span(topics: Topics) -> None:
    traded(topics)
    found = json.loads(told("--json", "--strategy", "swing"))
    assert (found["pnl"], found["closed"], found["fills"]) == ("200", 1, 2)
    found = json.loads(told("--json", "--from", "1970-01-02", "--to", "1970-01-03T00:00:00Z"))
    assert (found["start"], found["equity"], found["pnl"]) == ("9999", "9898", "-101")
    assert (found["closed"], found["fills"]) == (1, 2)
    assert (found["from"], found["to"]) == ("1970-01-02T00:00:00.000Z",) * 2


def test_for_people(topics: Topics) -> None:
    traded(topics)
    text = told()
    for piece in ("▁", "98.00", "(by hand)", "swing", "Sharpe", "1970-01-03", "byte by byte"):
        assert piece in text, piece


def test_a_portfolio_that_tells_otherwise_is_a_failure(topics: Topics) -> None:
    traded(topics)
    last = topics[names.PORTFOLIO][-1]
    value = last.value().replace(b'"equity":"10098"', b'"equity":"10099"')
    assert value != last.value()
    topics[names.PORTFOLIO][-1] = Message("paper:*", value)
    assert json.loads(told("--json", code=1))["portfolio"] == "differs"


def test_a_portfolio_that_tells_more_than_the_statuses_is_a_failure(topics: Topics) -> None:
    traded(topics)
    last = topics[names.PORTFOLIO][-1]
    value = last.value().replace(b'"key":"paper:*"', b'"key":"paper:@other"')
    topics[names.PORTFOLIO].append(Message("paper:@other", value))
    assert json.loads(told("--json", code=1))["portfolio"] == "differs"


def test_statuses_that_do_not_begin_at_the_beginning_are_told_so(topics: Topics) -> None:
    traded(topics)
    del topics[names.STATUSES][0]
    assert json.loads(told("--json"))["portfolio"] == "unknown"
    assert "are gone" in told()


def test_nothing_traded(topics: Topics) -> None:
    result = CliRunner().invoke(app, ["pnl"])
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing was traded" in result.stderr
    desk = Play()
    desk.mark("5")
    put(topics, desk)
    assert told() == "paper: nothing was traded in this span\n"
    assert json.loads(told("--json"))["fills"] == 0
    result = CliRunner().invoke(app, ["pnl", "--account", "other"])
    assert "no account other: there are paper" in result.stderr


def test_times() -> None:
    assert span("1970-01-02", None) == Span(DAY, None)
    assert span(None, "1970-01-01T01:00:00.000001+01:00") == Span(None, 1000)
    assert time_text(DAY + 1_999_999) == "1970-01-02T00:00:00.001Z"
    with pytest.raises(NoTime, match="is no time"):
        span("yesterday", None)
    with pytest.raises(NoTime, match="is not before"):
        span("2024-01-02", "2024-01-01")


def test_the_sparkline() -> None:
    rise = [(time, Decimal(time)) for time in range(8)]
    assert sparkline(rise, 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([rise[0], rise[7]], 4) == "▁▁▁█"
    assert sparkline([rise[0]]) == "▁"


def test_the_recomputation_as_a_script(topics: Topics, tmp_path: Path) -> None:
    desk = traded(topics)
    statuses, portfolio = tmp_path / "statuses", tmp_path / "portfolio"
    statuses.write_bytes(b"\n".join(encode(status) for status in desk.statuses))
    portfolio.write_bytes(b"\n".join(values(desk.told)))
    assert recompute([str(statuses), str(portfolio)]) == 0
    assert recompute([str(statuses), str(portfolio), "9999"]) == 1
    portfolio.write_bytes(portfolio.read_bytes().replace(b'"fees":"2"', b'"fees":"3"'))
    assert recompute([str(statuses), str(portfolio)]) == 1
