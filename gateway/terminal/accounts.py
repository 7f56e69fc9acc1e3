"""Which account is meant."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.errors import TapelineError

EVERY = "*"


class NotTaken(TapelineError):
    """A command that cannot be given as it was typed."""


def account_of(given: str | None, accounts: Sequence[str]) -> str:
    """The account that is meant; NotTaken, naming those there are, where that is not clear."""
    if given is None and len(accounts) == 1:
        return accounts[0]
    known = ", ".join(accounts)
    if given is None:
        raise NotTaken(f"there are several accounts: name one with --account ({known}, or '*')")
    if given != EVERY and given not in accounts:
        raise NotTaken(f"there is no account {given}: choose from {known}, or '*' for all")
    return given
