"""What a desk holds and has done, told the same by its gateway and from its topics."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from typer.testing import CliRunner, Result

from gateway.api.services import Services
from gateway.auth.rights import Principal, Role
from gateway.cli import app
from gateway.client import calls, own
from gateway.live.reading import Raw
from gateway.watching import looks
from tests.unit import gateway_desk
from tests.unit.gateway_api import principal
from tests.unit.small_desk import SYMBOL
from tests.unit.terminal_desk import Bridge, Published, SmallDesk, bridge, by_the_api
from topics.settings import Settings, settings

run = CliRunner()
SETTINGS = {"ACCOUNTS": '["paper", "b"]', "STRATEGIES": '{"main": {}, "quick": {}}'}


@pytest.fixture(scope="module")
def services() -> Services:
    return gateway_desk.desk()


@pytest.fixture(scope="module")
def api(services: Services) -> Iterator[Bridge]:
    """A gateway that has read the small desk."""
    with bridge(Published(SmallDesk("paper", "b"), services), services).opened() as made:
        yield made


@pytest.fixture(autouse=True)
def home(api: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in {"HOME": str(tmp_path), **SETTINGS}.items():
        monkeypatch.setenv(f"TAPELINE_{name}", value)
    monkeypatch.setattr(looks, "opened", lambda known, output: nullcontext(known))
    monkeypatch.setattr(own, "rows", rows)
    monkeypatch.setattr(calls, "PATIENCE", {False: 0.3, True: 0.3})
    by_the_api(monkeypatch, api)
    api.asked.clear()
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def rows(known: Settings, topics: tuple[str, ...]) -> Iterator[Raw]:
    """In place of the broker's."""
    return (row for row in gateway_desk.records() if row[0] in topics)


def said(*words: str, code: int = 0) -> Result:
    result = run.invoke(app, list(words))
    assert result.exit_code == code, result.output
    return result


def lines(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(*words, "--json").stdout.splitlines()]


@pytest.mark.parametrize(
    "words",
    [
        "positions", "positions --account b", "portfolio --account paper", "limits",
        "strategy list", f"fills --symbol {SYMBOL} --limit 2", "order list --state filled",
    ],
)  # fmt: skip
def test_by_either_road_the_rows_are_the_same(words: str, api: Bridge) -> None:
    by_api = lines(*words.split())
    assert api.asked, "the gateway was asked"
    api.asked.clear()
    assert lines("--direct", *words.split()) == by_api
    assert not api.asked, "the gateway was not asked"
    assert bool(by_api) is (words != "positions --account b")


def test_one_order_is_told_by_either_road() -> None:
    (first, *_) = lines("order", "list", "--limit", "1")
    assert lines("order", "show", first["id"]) == [first]
    assert lines("--direct", "order", "show", first["id"]) == [first]
    for before in ((), ("--direct",)):
        missing = said(*before, "order", "show", "none", code=1)
        assert missing.stderr == "tapeline: there is no order none\n"
        assert "id: String should match" in said(*before, "order", "show", "?a=1", code=1).stderr


def test_more_than_a_page_is_asked_for_page_by_page(
    api: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = lines("order", "list")
    monkeypatch.setattr(looks, "PAGE", 2)
    api.asked.clear()
    assert lines("order", "list") == whole
    assert len(api.asked) == -(-len(whole) // 2)
    assert lines("order", "list", "--limit", "3") == whole[:3]


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("positions", "61834"), ("portfolio", "paper:@quick"), ("limits", "leverage"),
        ("strategy list", "quick"), ("fills", "2024-08-08T23:54:19Z"), ("order list", "filled"),
    ],
)  # fmt: skip
def test_people_get_a_table(words: str, there: str) -> None:
    assert there in said(*words.split()).stdout


def test_nothing_is_said_in_words() -> None:
    assert said("positions", "--account", "b").stderr == "nothing is held\n"


def test_a_far_desk_tells_how_it_is(
    home: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / "key"
    file.write_text("tapeline_of_vera")
    file.chmod(0o600)
    monkeypatch.setenv("TAPELINE_API_URL", "https://desk.example.org")
    monkeypatch.setenv("TAPELINE_API_KEY_FILE", str(file))

    async def vera(connection: HTTPConnection) -> Principal:
        return principal(Role.VIEWER, ("paper",), "vera")

    async def away() -> str:
        return "the broker does not answer"

    monkeypatch.setattr(services, "authenticate", vera)
    monkeypatch.setattr(services, "probes", {"broker": away})
    told = json.loads(said("status", "--json", code=1).stdout)
    assert (told["well"], told["down"], told["broker_answers"]) == (False, ["broker"], False)
    assert set(told["accounts"]) == {"paper:*"}
    assert "binance" in {row["venue"] for row in told["positions"].values()}
    shown = said("status", code=1)
    assert "9998.266154" in shown.stdout
    assert shown.stderr == (
        "broker of https://desk.example.org is not well: its log has the reason\n"
    )


def test_what_is_of_the_home_alone_says_so(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    (home / "login.json").write_text('{"address": "https://desk.example.org", "key": "tapeline_x"}')
    (home / "login.json").chmod(0o600)
    monkeypatch.setenv("BROKER_URL", "127.0.0.1:9")
    monkeypatch.setattr("gateway.running.broker.PATIENCE", 0.1)
    note = f"this is of the desk of {home}, not of https://desk.example.org\n"
    for words in (["pnl"], ["statistics"], ["topics", "--tail", "market.ticks"]):
        assert said(*words, code=1).stderr.startswith(note)
        assert not said("--direct", *words, code=1).stderr.startswith(note)


def test_where_the_gateway_dies_the_topics_are_read(api: Bridge) -> None:
    whole = lines("portfolio")
    api.dead = True
    try:
        ended = said("portfolio", "--json")
    finally:
        api.dead = False
    assert [json.loads(line) for line in ended.stdout.splitlines()] == whole
    assert "does not answer" in ended.stderr
    assert ended.stderr.endswith(": its topics are read\n")
    assert said("-v", "portfolio").stderr == (
        "by the API of http://127.0.0.1:8765 as the local operator\n"
    )
