"""Messages of Protocol Buffers from numbered values, for tests of what reads them."""

from __future__ import annotations

from typing import TypeAlias

Value: TypeAlias = int | str | bytes


def integer(value: int) -> bytes:
    """7 bits a byte, low ones first."""
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))


def message(*fields: tuple[int, Value]) -> bytes:
    """The fields in their order; an empty text or a zero is not written, as the format has it."""
    parts: list[bytes] = []
    for number, value in fields:
        if isinstance(value, int):
            parts += [integer(number << 3), integer(value)] if value else []
        elif value or isinstance(value, bytes):
            content = value.encode() if isinstance(value, str) else value
            parts += [integer(number << 3 | 2), integer(len(content)), content]
    return b"".join(parts)
