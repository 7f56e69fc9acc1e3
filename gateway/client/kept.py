"""The key that `tapeline login` has got, in a file of the home that nobody else can read."""

from __future__ import annotations

import os
import stat
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from schemas.errors import TapelineError

FILE = "login.json"
MOST = 4096
"""Bytes of a file that has a key."""


class KeyFileError(TapelineError):
    """A file with a key cannot be used; the text names the remedy, never the key."""


@dataclass(frozen=True, slots=True)
class Login:
    """address: of the gateway. key: an API key; id: of the one that `login` has made, "" for one
    that was there before; name: whose; expires: RFC 3339, "" where that is not known.
    """

    address: str
    key: str = field(repr=False)
    id: str = ""
    name: str = ""
    expires: str = ""


def kept(home: Path) -> Login | None:
    """Who has signed in; None for nobody. KeyFileError where the file can be read by others."""
    file = home / FILE
    if not file.is_file():
        return None
    try:
        return Login(**orjson.loads(_text(file)))
    except (TypeError, orjson.JSONDecodeError):
        raise KeyFileError(f"{file} is no login: remove it and `tapeline login` again") from None


def keep(home: Path, login: Login) -> None:
    """Write it down, mode 0600."""
    from topics.sealed import put  # it loads ciphers, which no reading needs

    home.mkdir(parents=True, exist_ok=True)
    put(home / FILE, orjson.dumps(asdict(login)))


def forget(home: Path) -> None:
    """As if nobody had signed in."""
    (home / FILE).unlink(missing_ok=True)


def key_in(file: Path) -> str:
    """The API key that is all a file has; KeyFileError where others can read it too."""
    return key_of(_text(file), str(file))


def key_of(text: str, place: str) -> str:
    """The API key that a text is; KeyFileError where it is none. place: where it was read."""
    key = text.strip()
    if not key.startswith("tapeline_") or not key.isascii() or len(key.split()) != 1:
        raise KeyFileError(f"{place} has no API key of a gateway: it reads tapeline_...")
    return key


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            state = os.fstat(stream.fileno())
            if stat.S_ISREG(state.st_mode) and state.st_mode & 0o077:
                raise KeyFileError(f"{file} is open to others: chmod 600 {file}")
            return stream.read(MOST).decode()
    except UnicodeDecodeError:
        raise KeyFileError(f"{file} has no API key of a gateway: it reads tapeline_...") from None
    except OSError as error:
        raise KeyFileError(f"{file} cannot be read ({error.strerror}): mend it") from None
