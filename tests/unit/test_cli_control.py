"""People's commands on the command line: what they send, what they print, how they fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.control import asking
from gateway.terminal.output import Output
from schemas.commands import ControlState, Halt
from tests.unit.terminal_desk import BTC, Message, SmallDesk, directly
from topics.settings import settings

run = CliRunner()
NOWHERE = "127.0.0.1:9"


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"TAPELINE_HOME": str(tmp_path), "BROKER_URL": NOWHERE}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("gateway.running.broker.PATIENCE", 0.3)
    settings.cache_clear()
    yield
    settings.cache_clear()


def desk_of(monkeypatch: pytest.MonkeyPatch, *accounts: str) -> SmallDesk:
    desk = SmallDesk(*accounts)
    monkeypatch.setenv("TAPELINE_ACCOUNTS", json.dumps(accounts))
    directly(monkeypatch, desk)
    return desk


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> SmallDesk:
    return desk_of(monkeypatch, "a")


def said(*words: str, code: int = 0) -> Result:
    result = run.invoke(app, list(words))
    assert result.exit_code == code, result.output
    return result


def sent(desk: SmallDesk, *words: str) -> dict[str, Any]:
    """The command that these words give, without what they leave at its default."""
    said(*words)
    (record,) = desk.given
    assert (record.account, record.key, record.by, record.seq) == ("a", "a:*", "ann", 0)
    return record.command.model_dump(mode="json", exclude_defaults=True)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("halt --why news", {"why": "news"}),
        ("resume", {"why": "by hand"}),
        ("flatten", {"why": "by hand"}),
        (f"flatten --symbol {BTC}", {"why": "by hand", "symbol": BTC}),
        ("mode manual", {"mode": "manual"}),
        ("limit leverage 5", {"name": "leverage", "value": "5"}),
        ("strategy start trend", {"strategy": "trend"}),
        (
            f"strategy start trend --symbol {BTC} --symbol X/Y",
            {"strategy": "trend", "symbols": [BTC, "X/Y"]},
        ),
        ("strategy stop trend", {"strategy": "trend"}),
        (
            "strategy set trend slow=9 note=a=b",
            {"strategy": "trend", "parameters": {"slow": "9", "note": "a=b"}},
        ),
        (f"protect {BTC} --stop 9 --target 11", {"symbol": BTC, "stop": "9", "target": "11"}),
        (
            f"protect {BTC} --trailing 1.5 --activation 12 --lasts 2d",
            {"symbol": BTC, "trailing": "1.5", "activation": "12", "lasts": 2 * 86400 * 10**9},
        ),
        (
            f"order modify tl1 --symbol {BTC} --quantity 2 --price 3 --trigger 4",
            {
                "client_order_id": "tl1", "symbol": BTC, "quantity": "2", "price": "3",
                "trigger": "4",
            },
        ),
        (f"order approve tl1 --symbol {BTC}", {"client_order_id": "tl1", "symbol": BTC}),
        (f"order reject tl1 --symbol {BTC}", {"client_order_id": "tl1", "symbol": BTC}),
        ("order cancel", {}),
        (
            f"order cancel tl1 tl2 --symbol {BTC}",
            {"symbol": BTC, "client_order_ids": ["tl1", "tl2"]},
        ),
    ],
)  # fmt: skip
def test_what_is_typed_is_what_is_sent(
    desk: SmallDesk, words: str, command: dict[str, Any]
) -> None:
    assert sent(desk, *words.split()) == command


ORDER = {"venue": "binance", "symbol": BTC, "side": "buy", "quantity": "0.5"}


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ("", {}),
        ("--stop 9 --target 11", {"stop": "9", "target": "11"}),
        (
            "--trailing 2% --activation 11 --lasts 15min",
            {"trailing": "2%", "activation": "11", "lasts": 900 * 10**9},
        ),
        ("--price 10", {"type": "limit", "time_in_force": "gtc", "price": "10"}),
        (
            "--price 10 --post-only --venue okx",
            {
                "type": "limit", "time_in_force": "gtc", "price": "10", "post_only": True,
                "venue": "okx",
            },
        ),
        (
            "--price 10 --visible 0.1 --variance 0.2",
            {
                "type": "limit", "time_in_force": "gtc", "price": "10", "visible": "0.1",
                "variance": "0.2",
            },
        ),
        ("--price 10 --tif fok", {"type": "limit", "time_in_force": "fok", "price": "10"}),
        (
            "--trigger 9 --reduce-only",
            {"type": "stop", "time_in_force": "gtc", "trigger": "9", "reduce_only": True},
        ),
        (
            "--trigger 9 --price 8",
            {"type": "stop_limit", "time_in_force": "gtc", "trigger": "9", "price": "8"},
        ),
        ("--type market --tif gtc", {"time_in_force": "gtc"}),
    ],
)  # fmt: skip
def test_the_prices_of_an_order_say_its_type(
    desk: SmallDesk, options: str, more: dict[str, Any]
) -> None:
    words = ["order", "place", BTC, "buy", "0.5", *options.split()]
    assert sent(desk, *words) == ORDER | more


def test_what_was_taken_is_printed(desk: SmallDesk) -> None:
    assert said("halt", "--why", "news").stdout == "a: stopped = true\n"
    assert said("limit", "leverage", "5").stdout == "a: limit/leverage = 5\n"
    assert said("flatten").stdout.startswith("a: request 0 is taken (")
    assert said("flatten").stdout.startswith("a: request 1 is taken (")


def test_json_tells_the_command_and_its_answers(desk: SmallDesk) -> None:
    told = json.loads(said("limit", "leverage", "5", "--json").stdout)
    assert told.pop("id") == desk.given[0].id
    assert told == {
        "account": "a", "seq": 0, "taken": True, "silent": [], "road": "direct",
        "command": {"kind": "set_limit", "name": "leverage", "value": "5"},
        "answers": [{"account": "a", "setting": "limit/leverage", "value": "5", "why": ""}],
    }  # fmt: skip
    said("flatten", "--json")
    told = json.loads(said("flatten", "--json").stdout)
    assert told["answers"] == [{"account": "a", "setting": "requests", "value": 1, "why": ""}]


def test_a_refusal_fails_with_the_reason_in_one_line(desk: SmallDesk) -> None:
    refused = said("limit", "luck", "5", code=1)
    assert refused.stdout == ""
    (line,) = refused.stderr.splitlines()
    assert line.startswith("tapeline: a refuses: there is no limit 'luck': choose from")
    told = json.loads(said("limit", "luck", "5", "--json", code=1).stdout)
    assert (told["taken"], told["answers"][0]["setting"]) == (False, "refused")


def test_silence_fails_and_says_what_to_look_at(desk: SmallDesk) -> None:
    desk.asleep = ("a",)
    silent = said("halt", "--wait", "0.1", code=1)
    (line,) = silent.stderr.splitlines()
    assert "a has not answered in 0.1 s" in line
    assert "tapeline status" in line
    told = json.loads(said("halt", "--wait", "0", "--json", code=1).stdout)
    assert (told["taken"], told["silent"], told["answers"]) == (False, ["a"], [])


def test_resume_lifts_the_halts_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of(monkeypatch, "a", "b", "c")
    for account, value in {"a": "true", "b": "false"}.items():
        row = ControlState(
            key=f"{account}:halt", seq=7, account=account, setting="halt", value=value
        )
        desk.halts[row.key] = Message(row.key, row)
    out = said("resume", "--account", "*").stdout.splitlines()
    assert sorted(out) == [
        "a: lifted = 7", "a: stopped = false", "b: stopped = false", "c: stopped = false",
    ]  # fmt: skip
    assert desk.given[0].key == "*:*"


def test_one_of_several_accounts_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of(monkeypatch, "a", "b")
    assert said("halt", code=1).stderr == (
        "tapeline: there are several accounts: name one with --account (a, b, or '*')\n"
    )
    assert (
        "there is no account x: choose from a, b" in said("halt", "--account", "x", code=1).stderr
    )
    assert desk.given == []
    assert said("halt", "--account", "b").stdout == "b: stopped = true\n"


def test_every_account_must_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of(monkeypatch, "a", "b")
    desk.asleep = ("b",)
    half = said("halt", "--account", "*", "--wait", "0.1", code=1)
    assert half.stdout == "a: stopped = true\n"
    assert "b has not answered" in half.stderr


@pytest.mark.parametrize(
    ("symbol", "text"),
    [
        ("X/Y", "X/Y is traded on binance, okx: name one with --venue"),
        ("BTC/USDT", f"no instrument BTC/USDT is known: is it {BTC}?"),
        ("12345", "no instrument 12345 is known: name the venue with --venue"),
    ],
)
def test_a_venue_that_is_not_clear_must_be_named(desk: SmallDesk, symbol: str, text: str) -> None:
    assert said("order", "place", symbol, "buy", "1", code=1).stderr == f"tapeline: {text}\n"
    assert desk.given == []


@pytest.mark.parametrize("words", ["strategy set trend slow", "strategy set trend =9", "mode odd"])
def test_what_is_mistyped_is_not_sent(desk: SmallDesk, words: str) -> None:
    said(*words.split(), code=2)
    assert desk.given == []


def test_without_a_broker_one_line_names_the_remedy() -> None:
    for words in (["halt"], ["order", "place", BTC, "buy", "1"]):
        (line,) = said(*words, code=1).stderr.splitlines()
        assert NOWHERE in line
        assert "tapeline up" in line


def test_rows_of_other_commands_are_no_answer(
    desk: SmallDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asking.ask(Halt(why=""), "a", Output(True)) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert [each["setting"] for each in told["answers"]] == ["stopped"]
