"""What people make under an Idempotency-Key: made once, and told again with its secret for a while.

A key or a link is shown once, and the store has its hash only. So that whoever lost the answer can
ask again, its id and its secret are derived from the gateway's own secret, the user and the
Idempotency-Key: there is nothing to keep, and who knows the key alone derives nothing. Without a
key both are random.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Annotated

from fastapi import Header

from gateway.api.moments import SECOND
from gateway.api.problems import Problem
from gateway.auth.part import Auth

TOLD = 600
"""Seconds for which a secret is told again."""

Once = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{8,128}$",
        description="Chosen by the caller, for this alone: asked again under it, the same is told "
        f"for {TOLD // 60} minutes, and nothing is made.",
    ),
]


@dataclass(frozen=True, slots=True)
class Seed:
    """An id of 64 bits, hex, and a secret of 256 bits, base64 for URLs."""

    id: str
    secret: str = field(repr=False)


def seed(auth: Auth, user: str, what: str, key: str | None) -> Seed:
    """Of what a user makes under a key; of another kind of thing it is another one."""
    if key is None:
        return Seed(secrets.token_hex(8), secrets.token_urlsafe(32))
    text = f"{what}|{len(user)}|{user}|{key}".encode()
    made = blake2b(text, key=auth.making, digest_size=40).digest()
    return Seed(made[:8].hex(), urlsafe_b64encode(made[8:]).decode().rstrip("="))


def told_again(auth: Auth, made: int, same: bool, good: bool) -> None:
    """Nothing, where what is there may be told again; else the problem. made: when, ns; same: it
    was asked for alike; good: it can still be used.
    """
    if not same:
        raise Problem(422, "idempotency-key", "that Idempotency-Key was used for something else")
    if not good or auth.clock() - made > TOLD * SECOND:
        raise Problem(409, "made-before", "it was made under that key before, and is told no more")
