"""Which desk the command line speaks to, as whom, and whether by its API at all."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gateway.client.kept import Login, kept, key_in
from gateway.server.door import address_of, operator_of
from schemas.errors import TapelineError
from topics.loopback import is_loopback
from topics.settings import Settings

DIRECT, URL, KEY_FILE = "TAPELINE_DIRECT", "TAPELINE_API_URL", "TAPELINE_API_KEY_FILE"


class NoDesk(TapelineError):
    """It is not clear which desk is meant, or it may not be spoken to so."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A gateway's address, and what shows who asks: the operator's socket of this home, or a key.

    name: whose key it is, where that is known.
    """

    address: str
    socket: str = ""
    key: str = field(default="", repr=False)
    name: str = ""

    @property
    def own(self) -> bool:
        """Whether it is this home's, and its owner asks."""
        return bool(self.socket)

    def __str__(self) -> str:
        who = "the local operator" if self.own else self.name or "the owner of the key"
        return f"{self.address} as {who}"


def chosen(known: Settings, direct: bool = False) -> Desk | None:
    """The desk that is meant; None where its topics are to be used: asked for, or no gateway is up.

    What the environment names comes first, then who has signed in (`tapeline login`), then the
    gateway of this home. NoDesk where a key is lacking, or would go over a network in the clear.
    """
    if direct or os.environ.get(DIRECT, "") not in ("", "0"):
        return None
    own, login = address_of(known.home), kept(known.home)
    url, file = os.environ.get(URL, ""), os.environ.get(KEY_FILE, "")
    if url or file:
        return _named(url or own, file, login)
    if login is not None:
        return _of(login)
    socket = operator_of(known.home)
    return Desk(own, socket) if own and socket else None


def _named(url: str, file: str, login: Login | None) -> Desk:
    """The desk that the environment names."""
    if not url:
        raise NoDesk(f"{KEY_FILE} names a key and no gateway runs here: name one with {URL}")
    address = safe(url)
    if file:
        return Desk(address, key=key_in(Path(file)))
    if login is not None and login.address == address:
        return _of(login)
    raise NoDesk(
        f"nobody has signed in at {address}: `tapeline login {address}`, or name a file with an "
        f"API key in {KEY_FILE}"
    )


def _of(login: Login) -> Desk:
    return Desk(safe(login.address), key=login.key, name=login.name)


def safe(url: str) -> str:
    """An address that a key may be sent to, as it is kept: https, or a program of this machine."""
    try:
        parts = urlsplit(url.rstrip("/"))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query:
        raise NoDesk("an address of a gateway is of the form https://desk.example.org")
    if parts.path or parts.fragment:
        raise NoDesk("an address of a gateway has no path: leave away what is after its name")
    if parts.scheme == "http" and not is_loopback(host):
        raise NoDesk(f"{host} is not this machine: a key goes there by https:// only")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")
