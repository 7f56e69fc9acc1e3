"""The command line by the API of a desk: the same answers as without one, each command once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.api.services import Services
from gateway.cli import app
from gateway.client import calls
from gateway.control.asking import KEY
from tests.unit import gateway_desk
from tests.unit.small_desk import SYMBOL
from tests.unit.terminal_desk import Bridge, Published, SmallDesk, bridge, by_the_api, directly
from topics.settings import settings

run = CliRunner()
ORDER = "an-order"


@pytest.fixture(scope="module")
def services() -> Services:
    return gateway_desk.desk()


@pytest.fixture(scope="module")
def road(services: Services) -> Published:
    """To the desk of the test that runs."""
    return Published(SmallDesk(), services)


@pytest.fixture(scope="module")
def gateway(road: Published, services: Services) -> Iterator[Bridge]:
    with bridge(road, services).opened() as made:
        yield made


@pytest.fixture(autouse=True)
def home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Path]:
    key = f"{abs(hash(request.node.name)):020}"
    told = {"HOME": str(tmp_path), "ACCOUNTS": '["paper", "b"]', "IDEMPOTENCY_KEY": key}
    for name, value in told.items():
        monkeypatch.setenv(f"TAPELINE_{name}", value)
    monkeypatch.setattr(calls, "PATIENCE", {False: 0.5, True: 0.5})
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def small(road: Published, monkeypatch: pytest.MonkeyPatch) -> SmallDesk:
    made = SmallDesk("paper", "b")
    made.listed = [f"binance:{SYMBOL}"]
    directly(monkeypatch, made)
    road.desk = made
    return made


@pytest.fixture
def api(gateway: Bridge, small: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> Bridge:
    gateway.dead = gateway.dies = False
    gateway.lost, gateway.asked = [], []
    by_the_api(monkeypatch, gateway)
    return gateway


def said(*words: str, code: int = 0) -> Result:
    result = run.invoke(app, list(words))
    assert result.exit_code == code, result.output
    return result


def told(words: str, *before: str, code: int = 0) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(said(*before, *words.split(), "--json", code=code).stdout)
    return row


def order_of(services: Services) -> str:
    return str(next(iter(services.live.hub.items("orders", "paper"))))


@pytest.mark.parametrize(
    "words",
    [
        "halt --why news", "halt --account *", "resume", "flatten", f"flatten --symbol {SYMBOL}",
        "mode manual", "limit leverage 5", "strategy start main",
        f"strategy start main --symbol {SYMBOL}", "strategy stop quick",
        "strategy set main slow=9 note=a=b", f"protect {SYMBOL} --stop 9 --target 11 --lasts 2d",
        f"order place {SYMBOL} buy 0.01", f"order place {SYMBOL} sell 1 --price 9 --post-only",
        f"order place {SYMBOL} buy 2 --venue binance --trigger 3 --stop 1 --trailing 1.5%",
        f"order modify {ORDER} --symbol {SYMBOL} --price 3", "order cancel",
        f"order cancel x1 x2 --symbol {SYMBOL}", f"order approve {ORDER} --symbol {SYMBOL}",
        f"order reject {ORDER} --symbol {SYMBOL}",
    ],
)  # fmt: skip
def test_by_either_road_the_answer_is_the_same(
    words: str, api: Bridge, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = words.replace(ORDER, order_of(services))
    words += "" if "--account" in words else " --account paper"
    by_api = told(words)
    directly(monkeypatch, SmallDesk("paper", "b"))
    straight = told(words, "--direct")
    assert (by_api.pop("road"), straight.pop("road")) == ("api", "direct")
    assert by_api["taken"]
    assert by_api == straight


def test_what_people_read_is_the_same_too(
    api: Bridge, small: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = said("flatten", "--account", "paper").stdout
    directly(monkeypatch, SmallDesk("paper", "b"))
    assert said("--direct", "flatten", "--account", "paper").stdout == shown
    assert (small.given[0].by, shown[:17]) == ("operator", "paper: request 0 ")


def test_a_refusal_of_the_desk_is_told_the_same(
    api: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("limit", "leverage", "none", "--account", "paper")
    refused = said(*words, code=1)
    directly(monkeypatch, SmallDesk("paper", "b"))
    assert said("--direct", *words, code=1).stderr == refused.stderr
    assert refused.stderr.startswith("tapeline: paper refuses: ")


def test_an_answer_that_is_lost_does_not_double_the_command(
    api: Bridge, small: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PATIENCE", {True: 60.0})
    api.lost = ["/v1/commands/halt"] * 2
    row = told("halt --account paper")
    asked = [each for each in api.asked if each.url.path == "/v1/commands/halt"]
    assert len(asked) == 3
    assert len({each.headers["idempotency-key"] for each in asked}) == 1
    assert [each.id for each in small.given] == [row["id"]]
    assert (row["road"], row["taken"]) == ("api", True)


def test_each_invocation_has_a_key_of_its_own(
    api: Bridge, small: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("flatten", "--account", "paper")
    said("flatten", "--account", "paper")
    assert len(small.given) == 1, "one that the environment names is used again"
    monkeypatch.delenv(KEY)
    said("flatten", "--account", "paper")
    said("flatten", "--account", "paper")
    assert len(small.given) == 3


def test_a_gateway_that_dies_with_the_answer_leaves_one_command(
    api: Bridge, small: SmallDesk
) -> None:
    api.lost, api.dies = ["/v1/commands/halt"], True
    ended = said("halt", "--account", "paper", "--json")
    row = json.loads(ended.stdout)
    assert [each.id for each in small.given] == [row["id"]], "it counts once over both roads"
    assert (row["road"], row["taken"]) == ("direct", True)
    assert "the command goes onto its topic by itself" in ended.stderr


def test_a_gateway_that_is_gone_is_not_waited_for(
    api: Bridge, small: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PATIENCE", {True: 1e9})
    api.dead = True
    assert told("halt --account paper")["road"] == "direct"
    assert len(small.given) == 1


def test_a_gateway_that_hears_no_broker_does_not_hold_a_halt_up(
    api: Bridge, small: SmallDesk, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.commander, "_address", lambda: "")
    assert told("halt --account paper")["road"] == "direct"
    assert len(small.given) == 1


def test_the_road_is_told_to_who_asks(api: Bridge) -> None:
    assert said("halt", "--account", "paper").stderr == ""
    by_api = said("-v", "halt", "--account", "paper").stderr
    assert by_api == "by the API of http://127.0.0.1:8765 as the local operator\n"
    straight = said("--direct", "-v", "halt", "--account", "paper").stderr
    assert straight == "onto control.commands, without a gateway\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (f"order modify nowhere --symbol {SYMBOL} --price 3 --account paper",
         "there is no order nowhere"),
        ("halt --account x", "there is no account x: choose from paper, b, or '*' for all"),
        ("halt", "there are several accounts: name one with --account (paper, b, or '*')"),
        ("order place X/Y buy 1 --account paper", "no such instrument is known there"),
        (f"order place {SYMBOL} buy 1e3 --account paper",
         "the request is not of the form it must have: quantity: String should match pattern"),
        (f"order place {SYMBOL} buy 1 --type limit --account paper",
         "an order of type limit needs a price"),
        ("limit luck 1 --account paper", "there is no limit luck"),
    ],
)  # fmt: skip
def test_what_the_gateway_refuses_is_one_line(
    words: str, text: str, api: Bridge, small: SmallDesk
) -> None:
    (line,) = said(*words.split(), code=1).stderr.splitlines()
    assert line.startswith("tapeline: ")
    assert text in line
    assert small.given == []
