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
LAST = 1 << 32
"""Keys are below this."""
FIXED = {1: 8, 5: 4}


def fields(message: bytes) -> list[Field]:
    """Number and value of each field in its order; raises ValueError for what is no message.

    Integers are of 64 bits without a sign: a negative one is above 2^63.
    """
    found: list[Field] = []
    at, end = 0, len(message)
    try:
        while at < end:
            key = message[at]
            at += 1
            if key >= 0x80:
                key, at = _integer(message, at - 1)
            value = message[at]
            at += 1
            if value >= 0x80 and key & 5 == 0:
                value, at = _integer(message, at - 1)
            if key & 7 == 2:
                found.append((key >> 3, message[at : at + value]))
                at += value
            elif key & 7:
                at += _fixed(key & 7) - 1
            else:
                found.append((key >> 3, value))
            if key < 8 or key >= LAST:
                raise ValueError(f"a field of the number {key >> 3}")
    except IndexError:
        at = end + 1
    if at > end:
        raise ValueError("a message that breaks off")
    return found


def _integer(message: bytes, at: int) -> tuple[int, int]:
    """The integer of two bytes or more at a place, and the place behind it."""
    value = message[at] & 0x7F
    for shift in range(7, 7 * MOST, 7):
        at += 1
        byte = message[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                raise ValueError("an integer of more than 64 bits")
            return value, at + 1
    raise ValueError("an integer that does not end")


def _fixed(kind: int) -> int:
    if kind not in FIXED:
        raise ValueError(f"a field of the type {kind}")
    return FIXED[kind]
