"""The exchange key that was sealed to an account's executor.

`python -m executor.keys ACCOUNT` makes the pair if there is none and prints its public key: the
command line runs it, so that no other process ever has the private key.
"""

from __future__ import annotations

from pathlib import Path

from executor.venues.key import Key
from topics.keypairs import opened, tell
from topics.settings import settings


def key_of(home: Path, account: str, exchange: str, file: Path | None = None) -> Key:
    """The exchange key of an account; `file`: where settings have it. KeysError says why not."""
    found = opened(home, account, exchange, file)
    return Key(found.name, found.secret, found.password)


if __name__ == "__main__":
    tell(settings().home)
