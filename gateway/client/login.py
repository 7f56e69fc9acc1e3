"""Sign in once, and keep an API key in place of the password: `tapeline login` and `logout`.

What is kept is a key of its own for this machine: it may what was asked for and no more, ends by
itself, is named on the page among its owner's keys, and is revoked there or by `logout`. The
session that it is made in ends at once.
"""

from __future__ import annotations

import platform
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from engine.spans import DAY
from gateway.api.moments import told as text_of
from gateway.auth.rights import Right
from gateway.client.calls import Calls, Row, Unheard
from gateway.client.desk import Desk, NoDesk, safe
from gateway.client.kept import Login, forget, keep, kept, key_in, key_of
from gateway.client.refusals import Refusal
from gateway.terminal.output import Output

LASTING = frozenset({Right.SELF, Right.USERS, Right.KEYS, Right.AUDIT})
"""Rights that no command of the terminal takes."""
CODE = "code-needed"
PAGE = "on the page it is revoked"

Ask = Callable[[str], str]
"""Has a person type what nobody else may see."""


def login(
    address: str, name: str, ask: Ask, home: Path, scopes: Iterable[str], days: float,
    output: Output,
) -> int:  # fmt: skip
    """Sign a person in, and keep a key of theirs for `days`. scopes: what it may; none: all that
    they may on the desk.
    """
    desk, before = Desk(safe(address), name=name), kept(home)
    session = _session(desk, name, ask("Password"), ask)
    with Calls(Desk(desk.address, key=str(session["access"]), name=name)) as calls:
        try:
            made = _key(calls, scopes, days)
        finally:
            with suppress(Refusal, Unheard):
                calls.send("DELETE", "/sessions/current")
    found = Login(desk.address, made["key"], made["id"], name, made["expires"] or "")
    return _kept(home, found, made["scopes"], before, output)


def _session(desk: Desk, name: str, password: str, ask: Ask) -> Row:
    """A session; where its answer is lost one is left over, and a code does not count twice."""
    body = {"name": name, "password": password}
    with Calls(desk) as calls:
        try:
            told: Row = calls.send("POST", "/sessions", json=body)
        except Refusal as refusal:
            if refusal.kind != CODE:
                raise
            body["code"] = ask("Code of the authenticator app")
            told = calls.send("POST", "/sessions", json=body)
    return told


def _key(calls: Calls, scopes: Iterable[str], days: float) -> Row:
    may = {str(right) for right in calls.get("/profile")["rights"]} - LASTING
    wanted = set(scopes) | {str(Right.READ)} if scopes else may
    asked = {
        "name": f"tapeline on {platform.node()}"[:60],
        "scopes": sorted(wanted),
        "expires": text_of(time.time_ns() + int(days * DAY)),
    }
    made: Row = calls.give("POST", "/api-keys", asked, secrets.token_urlsafe(18))
    return made


def with_key(address: str, file: str, home: Path, output: Output) -> int:
    """Keep a key that was made before. file: where it is; "-" for stdin."""
    key = key_of(sys.stdin.read(4096), "stdin") if file == "-" else key_in(Path(file))
    desk, before = Desk(safe(address), key=key), kept(home)
    with Calls(desk) as calls:
        try:
            calls.get("/accounts")
        except Refusal as refusal:
            if refusal.status != 403:  # it is known, and may not read
                raise
    return _kept(home, Login(desk.address, key), [], before, output)


def _kept(home: Path, login: Login, scopes: list[str], before: Login | None, output: Output) -> int:
    """Keep it, in place of what was kept before: that is revoked, as nobody would know of it."""
    keep(home, login)
    _tell(login, scopes, output)
    if before is not None and before.key != login.key and (text := _revoked(before)):
        output.note(f"tapeline: {text}. The key of before is forgotten here; {PAGE}")
    return 0


def _tell(login: Login, scopes: list[str], output: Output) -> None:
    if output.json:
        output.object({"address": login.address, "user": login.name, "scopes": scopes,
                       "expires": login.expires})  # fmt: skip
        return
    whose = login.name or "the owner of the key"
    output.show(f"commands of this home go to {login.address}, as {whose}")
    if scopes:
        output.show(f"they may: {', '.join(scopes)}; until {login.expires[:16]}Z, or `logout`")


def _revoked(login: Login) -> str:
    """End the key if `login` has made it; gives why it could not be, else ""."""
    if not login.id:
        return ""
    try:
        with Calls(Desk(login.address, key=login.key, name=login.name)) as calls:
            calls.send("DELETE", "/api-keys/current")
    except (Refusal, Unheard) as error:
        gone = isinstance(error, Refusal) and error.status in (401, 404)
        return "" if gone else str(error)
    return ""


def logout(home: Path, output: Output) -> int:
    """Revoke the key that `login` has made, and forget it; 1 where it could not be revoked."""
    login = kept(home)
    if login is None:
        output.note("nobody has signed in here")
        if output.json:
            output.object({"address": "", "revoked": False})
        return 0
    text = _revoked(login)
    forget(home)
    if output.json:
        output.object({"address": login.address, "revoked": bool(login.id) and not text})
    if text:
        output.note(f"tapeline: {text}. The key is forgotten here; {PAGE}")
    return int(bool(text))


def meant(url: str | None, named: str, own: str) -> str:
    """The address that is meant: as typed, else of the environment, else of this home's gateway."""
    address = url or named or own
    if not address:
        raise NoDesk("no gateway runs in this home: say where, `tapeline login https://DESK`")
    return address
