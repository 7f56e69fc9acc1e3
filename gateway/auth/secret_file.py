"""The gateway's own secret: made at first start, 0600, in the home; never in a settings file.

Signing keys of tokens and the key of TOTP secrets are derived from it, so that none of them says
anything of another. Without it all are signed out, and TOTP must be set up again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from schemas.errors import TapelineError
from topics.sealed import put

BYTES = 32


class SecretFileError(TapelineError):
    """The secret cannot be used; the text names the remedy."""


@dataclass(frozen=True, slots=True)
class Secret:
    """32 random bytes that only this gateway has."""

    value: bytes = field(repr=False)

    def derived(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose."""
        return blake2b(purpose.encode(), key=self.value, digest_size=BYTES).digest()

    @classmethod
    def of(cls, file: Path) -> Secret:
        """What the file holds, made if it was not there; SecretFileError if others can read it."""
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists() and not file.is_symlink():
            with contextlib.suppress(FileExistsError):  # another gateway was quicker: its secret
                put(file, secrets.token_hex(BYTES).encode(), anew=True)
        _guarded(file)
        try:
            value = bytes.fromhex(file.read_text())
        except ValueError:
            value = b""
        if len(value) != BYTES:
            raise SecretFileError(f"{file} is no secret of a gateway: move it away, all sign in")
        return cls(value)


def _guarded(file: Path) -> None:
    state = os.lstat(file)
    if stat.S_ISLNK(state.st_mode) or state.st_uid != os.geteuid():
        raise SecretFileError(f"{file} must be a file of this process's own user: move it away")
    if state.st_mode & 0o077:
        raise SecretFileError(f"{file} is open to others: chmod 600 it, or remove it for a new one")
