"""The key pair of a process, and the key that was sealed to it.

Only the executor and the advice stage import this: nobody else has code that opens a box
(tests/test_architecture.py).
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from nacl.exceptions import CryptoError
from nacl.exceptions import TypeError as NaclTypeError
from nacl.exceptions import ValueError as NaclValueError
from nacl.public import PrivateKey, SealedBox

from topics.sealed import (
    Credentials,
    KeysError,
    Sealed,
    fingerprint,
    folder,
    private_file,
    public_file,
    put,
    sealed_file,
    written,
)
from topics.secrecy import known


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The pair of one account, or of advice:NAME: `private` opens what was sealed to `public`."""

    account: str
    private: PrivateKey = field(repr=False)

    @classmethod
    def of(cls, home: Path, account: str) -> KeyPair:
        """The account's pair, made at first use. KeysError if others could read or replace it."""
        file = private_file(home, account)
        guarded(folder(home))
        if not file.exists() and not file.is_symlink():
            with contextlib.suppress(FileExistsError):  # another process was quicker: its pair
                put(file, bytes(PrivateKey.generate()).hex().encode(), anew=True)
        guarded(file)
        if (private := _read(file)) is None:
            raise KeysError(f"{file} is no private key: move it away, then seal the key again")
        pair = cls(account, private)
        public = public_file(home, account)
        if not public.is_file() or public.read_text().strip() != pair.public:
            put(public, pair.public.encode() + b"\n")
        return pair

    @property
    def public(self) -> str:
        """The public key, as people copy it."""
        return written(bytes(self.private.public_key))

    def open(self, sealed: Sealed, exchange: str) -> Credentials:
        """The key inside; KeysError if it was sealed to, or for, another.

        Its parts are known as secrets from here on: no log or topic tells them.
        """
        ours = fingerprint(bytes(self.private.public_key))
        if sealed.to != ours:
            raise KeysError(
                f"the key of {self.account} is sealed to {sealed.to}, ours is {ours}: "
                f"`tapeline keys seal {self.account}` again"
            )
        if (found := self._inside(sealed)) is None:
            raise KeysError(
                f"the sealed key of {self.account} is damaged: "
                f"`tapeline keys seal {self.account}` again"
            )
        account, at, key = found
        if (account, at) != (self.account, exchange):
            raise KeysError(
                f"the sealed key is of account {account} at {at}, "
                f"wanted is {self.account} at {exchange}"
            )
        known.add((key.name, key.secret, key.password))
        return key

    def _inside(self, sealed: Sealed) -> tuple[str, str, Credentials] | None:
        """Account, exchange and key; None if it cannot be opened. Nothing is raised where the
        open text is a local: a traceback that shows locals would show it.
        """
        try:
            found = orjson.loads(SealedBox(self.private).decrypt(bytes.fromhex(sealed.box)))
            key = Credentials(found["name"], found["secret"], found["password"])
        except (CryptoError, ValueError, KeyError):
            return None
        return found["account"], found["exchange"], key


def opened(home: Path, account: str, exchange: str, file: Path | None = None) -> Credentials:
    """The key that was sealed for an account; `file`: where settings have it. KeysError says why
    not.
    """
    found = Sealed.read(file or sealed_file(home, account))
    return KeyPair.of(home, account).open(found, exchange)


def guarded(path: Path) -> os.stat_result:
    """Its state, if it is ours and closed to all others; KeysError otherwise."""
    state = os.lstat(path)
    if stat.S_ISLNK(state.st_mode):
        raise KeysError(f"{path} is a link: put the file itself there")
    if state.st_uid != os.geteuid():
        raise KeysError(f"{path} belongs to user {state.st_uid}: it must be this process's own")
    if state.st_mode & 0o077:
        mode = "700" if stat.S_ISDIR(state.st_mode) else "600"
        raise KeysError(
            f"{path} is open to others (mode {stat.S_IMODE(state.st_mode):03o}): "
            f"chmod {mode} it, and change the exchange key if anyone may have read it"
        )
    return state


def _read(file: Path) -> PrivateKey | None:
    number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(number, "rb") as stream:
        text = stream.read()
    try:
        return PrivateKey(bytes.fromhex(text.decode()))
    except (ValueError, NaclValueError, NaclTypeError):
        return None


def told(home: Path, account: str) -> bytes:
    """The public key of an account's pair as JSON, made if there was none."""
    new = not private_file(home, account).exists()
    pair = KeyPair.of(home, account)
    return orjson.dumps({"account": account, "public": pair.public, "new": new})


def tell(home: Path) -> None:
    """`python -m executor.keys ACCOUNT` and its like: print what `told` gives, or why not."""
    try:
        print(told(home, sys.argv[1]).decode())
    except KeysError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
