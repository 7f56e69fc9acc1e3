"""Keys sealed to the one process that may read them: a sealed box of libsodium.

Whoever has an account's public key can seal; only the executor of the account, or of "advice:NAME"
the advice stage, which has the private key (topics.keypairs), can open what was sealed. A sealed
box is X25519 with a key made for it alone, and XSalsa20-Poly1305
(https://doc.libsodium.org/public-key_cryptography/sealed_boxes).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import orjson
from nacl.public import PublicKey, SealedBox

from schemas.errors import TapelineError

FOLDER = "keys"
ADVICE = "advice:"
"""Before the name of a provider of language models, in place of an account's."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}|advice:[a-z][a-z0-9_-]{0,31}")
FIELDS = {"key": "name", "secret": "secret", "passphrase": "password"}
"""What people call the parts of a key, and what they are called here."""
VERSION = 1


class KeysError(TapelineError):
    """Keys cannot be used or sealed; the text names the remedy, never a secret."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An exchange key as a person enters it. No part of it is in its repr."""

    name: str = field(repr=False)
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, given: Any) -> Credentials | None:
        """From {"key", "secret", "passphrase" (optional)}; None if it is anything else.

        It does not raise: a traceback that shows locals would show what was given.
        """
        if not isinstance(given, dict) or not set(given) <= set(FIELDS):
            return None
        if not all(isinstance(value, str) for value in given.values()):
            return None
        parts = {FIELDS[name]: value.strip() for name, value in given.items()}
        return cls(**parts) if parts.get("name") and parts.get("secret") else None

    @classmethod
    def single(cls, given: Any) -> Credentials | None:
        """From {"key"}, as providers of language models have it: it is the secret itself."""
        key = given.get("key") if isinstance(given, dict) and set(given) == {"key"} else None
        key = key.strip() if isinstance(key, str) else ""
        return cls(key, key) if key else None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed key as its file tells it: what is outside the box says nothing secret.

    to: fingerprint of the public key; key: fingerprint of the key's name; at: ns.
    """

    account: str
    exchange: str
    to: str
    key: str
    at: int
    box: str

    def dump(self) -> bytes:
        """The file's text."""
        names = [name for name in self.__slots__ if name != "box"]
        head = {name: getattr(self, name) for name in names}
        made = {"v": VERSION, **head, "box": self.box}
        return orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def read(cls, file: Path) -> Sealed:
        """What a file holds; KeysError if it is none, or none that we know."""
        try:
            found = orjson.loads(file.read_bytes())
            version = found.pop("v")
            sealed = cls(**found)
        except FileNotFoundError:
            raise KeysError(f"{file} is not there: make it with `tapeline keys seal`") from None
        except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
            raise KeysError(f"{file} is no sealed key: make it with `tapeline keys seal`") from None
        if version != VERSION:
            raise KeysError(f"{file} is sealed in version {version}, known is {VERSION}")
        return sealed


def seal(to: bytes, account: str, exchange: str, credentials: Credentials, at: int) -> Sealed:
    """Close a key up for the owner of the public key; account and exchange are inside as well."""
    head = named(account), exchange
    box = SealedBox(PublicKey(to)).encrypt(_inside(*head, credentials))
    key = fingerprint(credentials.name.encode())
    return Sealed(*head, fingerprint(to), key, at, box.hex())


def _inside(account: str, exchange: str, credentials: Credentials) -> bytes:
    parts = {name: getattr(credentials, name) for name in FIELDS.values()}
    return orjson.dumps({"account": account, "exchange": exchange, **parts})


def fingerprint(value: bytes) -> str:
    """What tells one key from another: 16 hex digits of its blake2b."""
    return blake2b(value, digest_size=8, person=b"tapeline-keys").hexdigest()


def written(public: bytes) -> str:
    """A public key for people to copy: hex, with four bytes at its end that betray a slip."""
    return public.hex() + blake2b(public, digest_size=4).hexdigest()


def public_of(text: str) -> bytes:
    """The public key that `written` gave; KeysError where a character is wrong."""
    try:
        raw = bytes.fromhex(text.strip())
    except ValueError:
        raw = b""
    if len(raw) != 36 or written(raw[:32]) != text.strip().lower():
        raise KeysError("that is no public key: copy all of what `tapeline keys new` printed")
    return raw[:32]


def named(account: str) -> str:
    """The account's name, or advice:NAME, if it can name a file; KeysError otherwise."""
    if not NAME.fullmatch(account):
        raise KeysError("an account's name is of letters, digits, dot, underscore and hyphen")
    return account


def _stem(account: str) -> str:
    """Of its files: a colon is no letter of a file's name everywhere."""
    return named(account).replace(":", ".")


def private_file(home: Path, account: str) -> Path:
    """Where the private key of an account is."""
    return home / FOLDER / f"{_stem(account)}.private"


def public_file(home: Path, account: str) -> Path:
    """Where its public key is, as `written`."""
    return home / FOLDER / f"{_stem(account)}.public"


def sealed_file(home: Path, account: str) -> Path:
    """Where its sealed exchange key is, if settings name no other file."""
    return home / FOLDER / f"{_stem(account)}.sealed"


def folder(home: Path) -> Path:
    """The folder of keys, made if it was not there, for its owner only."""
    made = home / FOLDER
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made


def put(file: Path, value: bytes, *, anew: bool = False) -> None:
    """Write a whole file, mode 0600, durably: it has all of the value, or is as it was before.

    anew: raises FileExistsError rather than replace one.
    """
    number, name = mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(value)
            stream.flush()
            os.fsync(stream.fileno())
        if anew:
            os.link(name, file)
        else:
            os.rename(name, file)
    finally:
        Path(name).unlink(missing_ok=True)
