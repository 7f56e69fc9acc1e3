"""The wire format of Protocol Buffers, read without a schema: the fields of one message.

Source: protobuf.dev, "Encoding". A message is a row of fields, each a key (number << 3 | type) and
a value: 0 an integer of 7 bits a byte, low ones first; 1 and 5 eight and four bytes; 2 a length and
so many bytes (a text, or a message within). Types 3 and 4 (groups) are of old and refused.
"""

from __future__ import annotations

from typing import TypeAlias

Value: TypeAlias = int | bytes
Field: TypeAlias = tuple[int, Value]

MOST = 10
"""Bytes of the longest integer."""
FIXED = {1: 8, 5: 4}


def fields(message: bytes) -> list[Field]:
    """Number and value of each field in its order; raises ValueError for what is no message.

    Integers are of 64 bits without a sign: a negative one is above 2^63.
    """
    found: list[Field] = []
    at, end = 0, len(message)
    while at < end:
        key, at = _integer(message, at)
        kind = key & 7
        if kind == 2:
            length, at = _integer(message, at)
            past = at + length
            found.append((key >> 3, message[at:past]))
            at = past
        elif kind == 0:
            value, at = _integer(message, at)
            found.append((key >> 3, value))
        else:
            at += _fixed(kind)
        if not 0 < key >> 3 < 1 << 29:
            raise ValueError(f"a field of the number {key >> 3}")
    if at > end:
        raise ValueError("a message that breaks off")
    return found


def _integer(message: bytes, at: int) -> tuple[int, int]:
    """The integer at a place, and the place behind it."""
    if at >= len(message):
        raise ValueError("a message that breaks off")
    value = message[at]
    if value < 0x80:
        return value, at + 1
    value &= 0x7F
    for shift, byte in enumerate(message[at + 1 : at + MOST], 1):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            if value >> 64:
                raise ValueError("an integer of more than 64 bits")
            return value, at + shift + 1
    raise ValueError("an integer that does not end")


def _fixed(kind: int) -> int:
    if kind not in FIXED:
        raise ValueError(f"a field of the type {kind}")
    return FIXED[kind]
