"""The exchange key that was sealed to an account's executor.

`python -m executor.keys ACCOUNT` makes the pair if there is none and prints its public key: the
command line runs it, so that no other process ever has the private key.
"""

from __future__ import annotations

import sys
from pathlib import Path

from executor.venues.key import Key
from topics.keypairs import opened, told
from topics.sealed import KeysError
from topics.settings import settings


def key_of(home: Path, account: str, exchange: str, file: Path | None = None) -> Key:
    """The exchange key of an account; `file`: where settings have it. KeysError says why not."""
    found = opened(home, account, exchange, file)
    return Key(found.name, found.secret, found.password)


if __name__ == "__main__":
    try:
        print(told(settings().home, sys.argv[1]).decode())
    except KeysError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
