"""Our client order ids in a venue's own alphabet, and back.

Ours are 28 lower-case letters and digits that begin with "tl" (engine.identity): 128 bits in
base 32.

    plain    tlqmijz5frpbhecganyk2jkjmjoe           as it is: most venues
    uuid     83109cf5-258b-c271-0814-0370ad24a962   its 128 bits: Kraken spot takes UUIDs
    text     t-gxCc9SWLwnEIFANwrSSpYg               behind "t-" in 22 letters: Gate takes 28
    number   5471823310096413                       53 bits of its digest: HTX's contracts take a
                                                    number, which ccxt has for a time as a float
"""

from __future__ import annotations

import re
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections import OrderedDict
from hashlib import blake2b
from typing import Literal
from uuid import UUID

PLAIN = re.compile(r"[a-z][a-z0-9]{0,35}")
SHORT = re.compile(r"t-[A-Za-z0-9_-]{22}")
BITS = 53
KNOWN = 100_000
Form = Literal["plain", "uuid", "text", "number"]


def bits(name: str) -> bytes:
    """The 16 bytes of a name of ours. Raises ValueError for another."""
    return b32decode(name[2:].upper() + "======")


def named(found: bytes) -> str:
    """The name of 16 bytes."""
    return "tl" + b32encode(found).decode().lower().rstrip("=")


class Names:
    """A venue's spelling of our names. What cannot be read back is remembered (the last KNOWN)."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._known: OrderedDict[str, str] = OrderedDict()

    def spelled(self, name: str) -> str:
        """For the venue."""
        if self.form == "uuid":
            return str(UUID(bytes=bits(name)))
        if self.form == "text":
            return "t-" + urlsafe_b64encode(bits(name)).decode().rstrip("=")
        if self.form == "number":
            return self._numbered(name)
        return name

    def read(self, text: str | None) -> str | None:
        """Our name; None for an id that is none of ours, or a number that was not asked about."""
        if not text:
            return None
        if self.form == "uuid":
            return of_uuid(text)
        if self.form == "text":
            return of_text(text)
        if self.form == "number":
            return self._known.get(text)
        return text if PLAIN.fullmatch(text) else None

    def _numbered(self, name: str) -> str:
        digest = int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
        text = str(digest % (2**BITS - 1) + 1)
        self._known[text] = name
        self._known.move_to_end(text)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return text


def of_uuid(text: str) -> str | None:
    """The name whose bits a UUID has."""
    try:
        return named(UUID(text).bytes)
    except ValueError:
        return None


def of_text(text: str) -> str | None:
    """The name of 22 letters behind "t-"."""
    if not SHORT.fullmatch(text):
        return None
    try:
        return named(urlsafe_b64decode(text[2:] + "=="))
    except (Error, ValueError):
        return None
