"""API keys: shown once, kept as a hash; what they may do is within what their owner may.

A key reads `tapeline_ID_SECRET`: a fixed beginning, so that a scanner of leaked texts knows it, an
id to look it up by, and 256 random bits. That much needs no slow hash.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256

BEGINNING = "tapeline"
FORM = re.compile(BEGINNING + r"_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is shown, once."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def read(cls, text: str) -> ApiKey | None:
        """From its text; None where that is no key of ours."""
        found = FORM.fullmatch(text)
        return cls(*found.groups()) if found else None

    @property
    def text(self) -> str:
        """What its owner keeps."""
        return f"{BEGINNING}_{self.id}_{self.secret}"

    @property
    def hash(self) -> str:
        """What the store keeps."""
        return sha256(self.secret.encode()).hexdigest()

    def fits(self, hash: str) -> bool:
        """Whether it is the key that was hashed."""
        return hmac.compare_digest(self.hash, hash)
