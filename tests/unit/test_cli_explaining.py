"""`tapeline why` of a desk that is far away: its gateway explains, and the answer is the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.tree import Tree
from starlette.requests import HTTPConnection
from typer.testing import CliRunner, Result

from gateway.api.app import make_api
from gateway.api.routes.jobs import working
from gateway.api.services import Services
from gateway.auth.rights import Principal, Role
from gateway.cli import app
from gateway.client import calls, explaining
from gateway.jobs.room import Room
from gateway.proof.why import drawn
from tests.unit import gateway_desk
from tests.unit.gateway_api import principal
from tests.unit.terminal_desk import Bridge
from topics.settings import settings

run = CliRunner()
PROGRAM = """
import json, os, pathlib, sys
given = sys.argv[1:]
assert os.environ["TAPELINE_DIRECT"] == "1", "a job that asked the gateway would start another"
assert given[:2] == ["why", "--json"] and given[-2] == "--", given
for name in ("--page", "--text"):
    file = pathlib.Path(given[given.index(name) + 1])
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{name[2:]} of {given[-1]} {'--full' in given}\\x1b[2J")
if given[-1].startswith("broken"):
    print("tapeline: its chain is broken", file=sys.stderr)
    sys.exit(1)
print(json.dumps({"order": given[-1], "identical": not given[-1].endswith("differs")}))
sys.exit(given[-1].endswith("differs"))
"""
"""In place of `tapeline` as the gateway runs it."""


@pytest.fixture(scope="module")
def services() -> Services:
    made = gateway_desk.desk()
    orders = made.live.hub.items("orders", "paper")
    first = next(iter(orders.values()))
    for id in ("broken", "it-differs"):
        made.live.hub.feeds["orders", "paper"].items[id] = {**first, "id": id}
    return made


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory, services: Services) -> Iterator[Bridge]:
    home = tmp_path_factory.mktemp("far")
    services.settings = services.settings.model_copy(update={"home": home})
    services.parts.append(working)

    def room(folder: Path, most: int, env: dict[str, str]) -> Room:
        return Room(folder, most, env, (sys.executable, "-c", PROGRAM))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.api.routes.jobs.Room", room)
        with Bridge(make_api(services)).opened() as made:
            yield made


@pytest.fixture(autouse=True)
def home(far: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    key = tmp_path / "key"
    key.write_text("tapeline_of_tom")
    key.chmod(0o600)
    told = {"HOME": tmp_path / "home", "API_URL": "https://desk.example.org", "API_KEY_FILE": key}
    for name, value in told.items():
        monkeypatch.setenv(f"TAPELINE_{name}", str(value))
    monkeypatch.setattr(calls, "transport_of", lambda desk: far)
    monkeypatch.setattr(explaining, "LOOK", 0.02)
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def said(*words: str, code: int = 0) -> Result:
    result = run.invoke(app, ["why", *words])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(autouse=True)
def known(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is tom's, who reads the account paper."""

    async def tom(connection: HTTPConnection) -> Principal:
        return principal(Role.VIEWER, ("paper",), "tom")

    monkeypatch.setattr(services, "authenticate", tom)


def test_a_far_desk_explains_its_order(services: Services, home: Path) -> None:
    order = next(iter(services.live.hub.items("orders", "paper")))
    assert said(order).stdout == f"text of {order} False[2J\n", "nothing that a terminal obeys"
    assert json.loads(said(order, "--json").stdout) == {"order": order, "identical": True}
    page = home / "pages" / "it.html"
    assert said(order, "--full", "--page", str(page)).stdout.startswith(f"text of {order} True")
    assert page.read_text().startswith(f"page of {order} True")


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_far_desks_words_are_kept_in_a_file(
    services: Services, home: Path, words: tuple[str, ...]
) -> None:
    order = next(iter(services.live.hub.items("orders", "paper")))
    file = home / "texts" / "it.txt"
    told = said(order, "--text", str(file), *words).stdout
    assert file.read_text() == f"text of {order} False[2J"
    assert bool(words) == told.startswith("{")


def test_what_does_not_hold_or_cannot_be_told_fails(services: Services) -> None:
    assert json.loads(said("it-differs", "--json", code=1).stdout)["identical"] is False
    assert said("broken", code=1).stderr.endswith("tapeline: its chain is broken\n")
    assert said("of-nobody", code=1).stderr.endswith("tapeline: there is no order of-nobody\n")


def test_the_text_is_what_people_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where colours are forced upon whoever makes it."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    tree = Tree("[bold]an order[/bold]")
    tree.add("its fill")
    assert drawn(tree).splitlines() == ["an order", "└── its fill"]
