"""What was sent on a connection, kept in a file: one short row a frame, whatever the frame is.

A row has the frame's blake2b, the time (ns of this machine) at which it was given to the socket,
its origin and its number in the recording.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from infra.replaying.connection import ORIGINS, Origin, Sent

SIZE = 16
"""Bytes of a digest."""
_row = struct.Struct(f"<{SIZE}sqBi")
BUFFER = 1 << 18


class Row(NamedTuple):
    """A frame that was sent. position: as of Sent."""

    digest: bytes
    time: int
    origin: Origin
    position: int


def digest(payload: str | bytes) -> bytes:
    """What stands for a frame."""
    data = payload.encode() if isinstance(payload, str) else payload
    return blake2b(data, digest_size=SIZE).digest()


def row(sent: Sent, at: int) -> Row:
    """What is kept of a frame."""
    return Row(digest(sent.payload), at, sent.origin, sent.position)


class Tape:
    """The file of one connection; to be closed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=BUFFER)

    def append(self, sent: Sent) -> None:
        """Write a frame down."""
        origin = ORIGINS.index(sent.origin)
        row = _row.pack(digest(sent.payload), time.time_ns(), origin, sent.position)
        self._file.write(row)

    def close(self) -> None:
        """Nothing more is sent; further calls do nothing."""
        self._file.close()


def rows(path: Path) -> Iterator[Row]:
    """What a tape has, in the order of sending."""
    for found, at, origin, position in _row.iter_unpack(path.read_bytes()):
        yield Row(found, at, ORIGINS[origin], position)
