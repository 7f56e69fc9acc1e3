"""Providers' keys: sealed to this stage, or in the environment for those who begin.

`python -m agents.advising.keys advice:NAME` makes the pair if there is none and prints its public
key, as executor.keys does.
"""

from __future__ import annotations

import os
from pathlib import Path

from engine.advice.section import AdviceSettings
from topics.keypairs import opened, tell
from topics.sealed import ADVICE, KeysError, sealed_file
from topics.secrecy import known
from topics.settings import settings


def key_of(home: Path, section: AdviceSettings, name: str) -> str:
    """The key of a provider: the sealed one, else the environment's; "" where a local one has none.
    KeysError says what to do. It is a known secret from here on, and no child inherits it.
    """
    provider = section.provider(name)
    account = f"{ADVICE}{provider.key or name}"
    if sealed_file(home, account).exists():
        return opened(home, account, ADVICE.rstrip(":")).secret
    if key := os.environ.get(provider.environment, "").strip():
        _SEEN[provider.environment] = key  # a second provider may ask for the same
        os.environ[provider.environment] = ""
    key = _SEEN.get(provider.environment, "")
    if not key and not provider.local:
        raise KeysError(
            f"no key for {name}: `tapeline keys new {account}`, then `tapeline keys seal {account}`"
            f"; or set {provider.environment}"
        )
    known.add((key,))
    return key


_SEEN: dict[str, str] = {}
"""Keys that were in the environment, by its variable."""


if __name__ == "__main__":
    tell(settings().home)
