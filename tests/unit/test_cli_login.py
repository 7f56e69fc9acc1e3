"""Signing in from a terminal: a key of its own in place of the password, which may no more than it
was given, is shown nowhere, and ends with `logout`.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx2
import pyotp
import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from gateway.api import commander
from gateway.api.app import make_api
from gateway.api.commander import Commander
from gateway.auth.letting_in import letting_in
from gateway.auth.rights import Role
from gateway.cli import app
from gateway.client import calls
from gateway.client.kept import FILE
from gateway.store.engine import reading_async
from gateway.store.part import stored
from gateway.store.tables.audit import Audited
from gateway.store.tables.users import KeyOfApi
from schemas.commands import ControlCommand
from tests.unit.gateway_desk import TopicInMemory
from tests.unit.gateway_desk import desk as small_desk
from tests.unit.gateway_people import FAST, FREE, PASSWORD
from tests.unit.gateway_people import Desk as People
from tests.unit.terminal_desk import Bridge
from topics.settings import settings

run = CliRunner()
HERE = "https://desk.example.org"
GIVEN: list[ControlCommand] = []
"""What the gateway has published."""


class Office:
    """A gateway with people, and the terminal of one who is far from it."""

    def __init__(self, bridge: Bridge, people: People) -> None:
        self.bridge, self.people = bridge, people

    def web(self, method: str, path: str, key: str, body: object = None) -> httpx2.Response:
        """A call without the command line."""
        headers = {"Authorization": f"Bearer {key}"}
        with httpx2.Client(transport=self.bridge, base_url=HERE, headers=headers) as web:
            return web.request(method, f"/v1{path}", json=body)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Office]:
    """Of tom, who trades, rita, who has the risk, and vera, who looks."""
    parts = small_desk(auth={"passwords": FAST, "rates": FREE, "lockout": {"free": 1000}})
    far = tmp_path_factory.mktemp("far")
    parts.settings = parts.settings.model_copy(update={"home": far, "redis_url": redis_url})
    parts.parts = [stored, letting_in, *parts.parts]
    noted = partial(commander._noted, parts)
    parts.commander = Commander(lambda: TopicInMemory(GIVEN), lambda: "desk:9092", noted)
    api = make_api(parts)
    with Bridge(api).opened() as bridge:
        people = People(api)
        bridge.run(people.user("tom", Role.TRADER))
        bridge.run(people.user("rita", Role.RISK, Role.ADMIN))
        bridge.run(people.user("vera", Role.VIEWER, accounts=["paper"]))
        yield Office(bridge, people)


@pytest.fixture(autouse=True)
def home(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in (*os.environ,):
        if name.startswith("TAPELINE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    monkeypatch.setattr(calls, "transport_of", lambda desk: office.bridge)
    monkeypatch.setattr(calls, "PATIENCE", {False: 0.3})
    GIVEN.clear()
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def said(words: str, typed: str = "", code: int = 0) -> Result:
    result = run.invoke(app, words.split(), input=typed)
    assert result.exit_code == code, result.output
    return result


def login(name: str, *more: str) -> str:
    """Sign in; gives the key that is kept."""
    shown = said(" ".join(("login", HERE, "--user", name, *more)), f"{PASSWORD}\n")
    key = kept()["key"]
    assert key not in shown.output
    assert PASSWORD not in shown.output
    return key


def kept() -> dict[str, str]:
    row: dict[str, str] = json.loads((settings().home / FILE).read_bytes())
    return row


def refused(words: str, typed: str = "") -> str:
    """The one line by which it fails."""
    before, mark, line = said(words, typed, 1).stderr.rstrip("\n").partition("tapeline: ")
    assert mark
    assert "\n" not in line
    assert before in ("", "Password:", "Password:Code of the authenticator app:")
    return line


def test_who_signs_in_acts_as_themselves_until_they_sign_out(office: Office, home: Path) -> None:
    key = login("tom")
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    told = json.loads(said("halt --account paper --wait 0 --json", code=1).stdout)
    assert (told["road"], told["silent"]) == ("api", ["paper"])
    (record,) = GIVEN
    assert (record.id, record.by) == (told["id"], office.people.ids["tom"])
    by = office.bridge.run(entries(office))[-1].by
    assert by == f"key:{kept()['id']}", "the log tells with which key"
    assert office.web("GET", "/accounts", key).status_code == 200
    assert office.bridge.run(office.people.auth.sessions.of(record.by)) == [], "no session stays"
    assert json.loads(said("logout --json").stdout) == {"address": HERE, "revoked": True}
    assert office.web("GET", "/accounts", key).status_code == 401
    assert not (home / FILE).exists()
    nobody = said("logout --json")
    assert "nobody has signed in here" in nobody.stderr
    assert json.loads(nobody.stdout) == {"address": "", "revoked": False}


async def entries(office: Office) -> list[Audited]:
    async with reading_async(office.people.auth.store) as session:
        return list(await session.scalars(select(Audited).order_by(Audited.seq)))


def test_a_code_is_asked_for_where_there_is_an_app(office: Office) -> None:
    office.bridge.run(office.people.user("cora", Role.TRADER))
    token = office.bridge.run(office.people.token("cora"))
    made = office.web("POST", "/profile/totp", token, {"password": PASSWORD}).json()
    codes = pyotp.TOTP(made["secret"])
    first = {"code": codes.at(int(time.time()) - 30)}
    assert office.web("POST", "/profile/totp/confirm", token, first).status_code == 204
    wrong = refused(f"login {HERE} --user cora", f"{PASSWORD}\n000000\n")
    assert wrong == "name, password or code is wrong"
    said(f"login {HERE} --user cora", f"{PASSWORD}\n{codes.now()}\n")
    assert kept()["name"] == "cora"


def test_a_key_may_what_it_was_asked_for_and_no_more() -> None:
    login("tom", "--scope", "halt")
    said("halt --account paper --wait 0", code=1)
    assert "that takes the right strategy, which tom has not" in refused(
        "strategy stop main --account paper"
    )
    assert [record.command.kind for record in GIVEN] == ["halt"]
    assert "cannot have: resume" in refused(
        f"login {HERE} --user tom --scope resume", f"{PASSWORD}\n"
    )


def test_rights_of_the_person_and_their_accounts_hold() -> None:
    login("vera")
    assert "that takes the right halt, which vera has not" in refused("halt")
    assert refused("halt --account b") == (
        "there is no account b: choose from paper, or '*' for all"
    )
    login("rita")
    assert not {"users", "keys", "audit", "self"} & set(scopes())
    assert GIVEN == []


def scopes() -> list[str]:
    told = said(f"login {HERE} --user rita --json", f"{PASSWORD}\n")
    found: list[str] = json.loads(told.stdout)["scopes"]
    return found


def test_signing_in_again_revokes_what_was_kept_before(office: Office) -> None:
    first = login("tom")
    said("login https://desk.example.net --user tom", f"{PASSWORD}\n")
    second = kept()["key"]
    said(f"login {HERE} --key-file -", f"{login('rita')}\n")
    third = kept()["key"]
    fourth = login("tom")
    said(f"login {HERE} --key-file -", f"{third}\n")
    keys = (first, second, third, fourth)
    codes = [office.web("GET", "/accounts", key).status_code for key in keys]
    assert codes == [401, 401, 200, 401], "one that login has not made stays"


def test_what_was_kept_before_and_cannot_be_revoked_is_told(office: Office) -> None:
    login("tom")
    office.bridge.lost += ["/v1/api-keys/current"] * 9
    shown = said(f"login {HERE} --user rita", f"{PASSWORD}\n")
    office.bridge.lost.clear()
    assert kept()["name"] == "rita"
    assert "does not answer" in shown.stderr
    assert "The key of before is forgotten here; on the page it is revoked" in shown.stderr


def test_a_login_that_cannot_be_read_is_told_before_a_key_is_made(
    office: Office, home: Path
) -> None:
    office.bridge.run(office.people.user("dora", Role.TRADER))
    (home / FILE).write_text("{}")
    (home / FILE).chmod(0o600)
    line = refused(f"login {HERE} --user dora", f"{PASSWORD}\n")
    assert line == f"{home / FILE} is no login: remove it and `tapeline login` again"
    assert office.bridge.run(keys(office, "dora")) == []


def test_a_key_whose_answer_is_lost_is_made_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PATIENCE", {False: 60.0})
    office.bridge.run(office.people.user("kim", Role.TRADER))
    office.bridge.lost.append("/v1/api-keys")
    login("kim")
    assert office.bridge.lost == []
    assert office.bridge.run(keys(office, "kim")) == [kept()["id"]]


async def keys(office: Office, name: str) -> list[str]:
    """The ids of a user's keys that are not revoked."""
    theirs = KeyOfApi.user == office.people.ids[name], KeyOfApi.revoked.is_(None)
    async with reading_async(office.people.auth.store) as session:
        return [row.id for row in await session.scalars(select(KeyOfApi).where(*theirs))]


def test_a_script_names_its_desk_and_a_file_with_its_key(
    office: Office, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, file = login("tom"), home / "key"
    (home / FILE).unlink()
    file.write_text(f"{key}\n")
    file.chmod(0o640)
    monkeypatch.setenv("TAPELINE_API_URL", HERE)
    assert "nobody has signed in at https://desk.example.org" in refused("halt --account b")
    monkeypatch.setenv("TAPELINE_API_KEY_FILE", str(file))
    assert refused("halt --account b") == f"{file} is open to others: chmod 600 {file}"
    file.chmod(0o400)
    said("halt --account b --wait 0", code=1)
    said(f"login {HERE} --key-file -", f"{key}\n")
    monkeypatch.delenv("TAPELINE_API_KEY_FILE")
    said("halt --account paper --wait 0", code=1)
    assert [record.account for record in GIVEN] == ["b", "paper"]
    said("logout")
    assert office.web("GET", "/accounts", key).status_code == 200, "it was not made by login"
    file.write_text("my password")
    assert "no API key of a gateway" in refused(f"login {HERE} --key-file {file}")


def test_what_is_wrong_is_one_line_that_says_what_to_do(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(f"login {HERE} --user tom", "wrong\n") == "name, password or code is wrong"
    assert "say where, `tapeline login https://DESK`" in refused("login")
    key = login("tom")
    office.web("DELETE", "/api-keys/current", key)
    assert refused("halt --account paper") == (
        f"{HERE} does not know the key, or no longer: `tapeline login {HERE}` again"
    )
    monkeypatch.setattr(office.bridge, "lost", ["/v1/commands/halt"] * 9)
    login("tom")
    line = refused("halt --account paper")
    office.bridge.lost.clear()
    assert "Nobody knows whether it has the command: TAPELINE_IDEMPOTENCY_KEY=" in line
    monkeypatch.setenv("TAPELINE_IDEMPOTENCY_KEY", line.split("KEY=")[1].split()[0])
    said("halt --account paper --wait 0", code=1)
    assert len(GIVEN) == 1, "told so, and asked again, it counts once"


def test_what_is_no_gateway_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    login("tom")
    for answer in (
        httpx2.Response(200, text="<html>"), httpx2.Response(404, text="\x1b[2Jno"),
        httpx2.Response(302, headers={"location": "http://evil.example"}),
        httpx2.Response(403, json=["no"]),
    ):  # fmt: skip
        other = httpx2.MockTransport(lambda request, answer=answer: answer)
        monkeypatch.setattr(calls, "transport_of", lambda desk, other=other: other)
        line = refused("halt --account paper")
        assert line.startswith(f"what answers at {HERE} is no gateway of Tapeline (HTTP ")
