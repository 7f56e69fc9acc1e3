"""Passwords: argon2id, made again with newer parameters when their owner signs in.

Parameters by default: OWASP's Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane).
"""

from __future__ import annotations

import asyncio
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict, Field

SHORTEST, LONGEST = 12, 256
"""Characters of a password."""


class HashSettings(BaseModel):
    """[gateway.auth.passwords]: memory in KiB, passes, lanes; at_once: hashes made side by side."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory: int = Field(19456, ge=8)
    passes: int = Field(2, ge=1)
    lanes: int = Field(1, ge=1)
    at_once: int = Field(2, ge=1)


class Passwords:
    """Makes and checks hashes, no more than `at_once` of them at a time, outside the event loop."""

    def __init__(self, settings: HashSettings) -> None:
        self._argon = PasswordHasher(
            time_cost=settings.passes, memory_cost=settings.memory, parallelism=settings.lanes,
            type=Type.ID,
        )  # fmt: skip
        self._turns = asyncio.Semaphore(settings.at_once)

    async def hash(self, password: str) -> str:
        """The hash with its parameters and salt, as argon2 writes it ($argon2id$...)."""
        async with self._turns:
            return await asyncio.to_thread(self._argon.hash, _canonical(password))

    async def verify(self, known: str | None, password: str) -> bool:
        """Whether it is the password of that hash; None takes as long and is False."""
        async with self._turns:
            fits = await asyncio.to_thread(self._fits, known or self._nobody, password)
        return fits and bool(known)

    def stale(self, known: str) -> bool:
        """Whether the hash was made with other parameters than those of the settings."""
        return self._argon.check_needs_rehash(known)

    def _fits(self, known: str, password: str) -> bool:
        try:
            return self._argon.verify(known, _canonical(password))
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobody(self) -> str:
        return self._argon.hash("nobody has this password")


def weakness(password: str, name: str) -> str:
    """Why a password cannot be taken, or ""; the text has nothing of the password."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters"
    if len(set(password)) < 5:
        return "a password has at least 5 different characters"
    if len(name) > 2 and name.casefold() in password.casefold():
        return "a password does not hold the user's name"
    return ""


def _canonical(password: str) -> str:
    """One text however a keyboard composes its accents (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
