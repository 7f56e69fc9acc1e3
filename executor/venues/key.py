"""An exchange key as the executor holds it in memory."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Key:
    """name: what venues call the API key; password: its passphrase, "" where there is none.

    None of the three is in its repr.
    """

    name: str = field(repr=False)
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)
