"""Our client order ids in a venue's own field and alphabet, and back.

Ours are 28 lower-case letters and digits that begin with "tl" (engine.identity): 128 bits in
base 32. Most venues take them as they are.
"""

from __future__ import annotations

import re
from base64 import b32decode, b32encode
from typing import Literal
from uuid import UUID

OURS = re.compile(r"tl[a-z2-7]{26}")
PLAIN = re.compile(r"[a-z][a-z0-9]{0,35}")
Form = Literal["plain", "prefixed", "uuid"]


def bits(name: str) -> bytes:
    """The 16 bytes of a name of ours."""
    return b32decode(name[2:].upper() + "======")


def spelled(name: str, form: Form) -> str:
    """The venue's spelling of a name of ours.

    plain: as it is. prefixed: as it is behind "t-" (ccxt puts it there). uuid: its 128 bits.
    """
    return str(UUID(bytes=bits(name))) if form == "uuid" else name


def read(text: str | None, form: Form) -> str | None:
    """Our name of a venue's client order id, None for one that is not of our alphabet."""
    if not text:
        return None
    if form == "uuid":
        return from_uuid(text)
    text = text.removeprefix("t-") if form == "prefixed" else text
    return text if PLAIN.fullmatch(text) else None


def from_uuid(text: str) -> str | None:
    """The name whose bits a UUID has."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return "tl" + b32encode(found.bytes).decode().lower().rstrip("=")
