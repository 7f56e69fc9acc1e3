"""Live frames into files that topics.recording reads: cryptofeed's lines, with times to the ns.

    wss://fstream.binance.com/stream <-> 1763798400.123456789        a connection, or a new file
    1763798400.223456789: {"stream":"btcusdt@trade","data":...}      received on it, as it came
    1763798400.323456789: b'\\x1f\\x8b\\x08...'                         bytes, as Python writes them
    1763798400.423456789: u'{\\n "a": 1}'                              text that is more than a line
    https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT -> 1763798400.523456789: {...}

Files are gzip of whole members, each of whole lines: what a process that is killed has written can
be read to its end.
"""

from __future__ import annotations

import gzip
import time
from base64 import b64decode
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from schemas.errors import TapelineError
from schemas.raw import ReceivedFrame, Source

BLOCK = 1 << 16
"""Bytes of lines that are packed at once."""
AGE = 1.0
"""Seconds that a line may wait for others before it is written."""
LEVEL = 4
SECOND, HOUR = 10**9, 3600 * 10**9


class Unwritten(TapelineError):
    """A recording cannot be written."""


class Tape:
    """The recording of one connection: files of at most `largest` bytes and one hour (UTC) each.

    address: the venue's, with which every file begins; it tells the market.
    """

    def __init__(self, folder: Path, name: str, address: str, largest: int) -> None:
        self.name, self.address, self._folder, self._largest = name, address, folder, largest
        self.files: list[Path] = []
        self.frames = self.bytes = 0
        self._lines: list[bytes] = []
        self._waiting = self._size = self._hour = 0
        self._since = 0.0
        self._file: FileIO | None = None
        self._cut = True

    def write(self, frame: ReceivedFrame, address: str) -> None:
        """Take a frame that came from the address; a mark says that the connection is a new one."""
        if frame.source is Source.CUT:
            self._cut = True
            return
        hour = frame.received_ns // HOUR
        if self._file is None or hour != self._hour or self._size >= self._largest:
            self._turn(frame.received_ns)
            self._hour, self._cut = hour, True
        if self._cut:
            self._add(f"{self.address} <-> {seconds(frame.received_ns)}\n".encode())
            self._cut = False
        self._add(line(frame, address))
        self.frames += 1
        if self._waiting >= BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._file is None or not self._lines:
            return
        packed = memoryview(gzip.compress(b"".join(self._lines), LEVEL, mtime=0))
        self._lines, self._waiting = [], 0
        self._size += len(packed)
        self.bytes += len(packed)
        try:
            while packed:
                packed = packed[self._file.write(packed) :]
        except OSError as error:
            raise Unwritten(f"{self.files[-1]}: {error.strerror}; make room there") from error

    def passed(self) -> None:
        """Time passed: write what has waited long enough."""
        if self._lines and time.monotonic() - self._since >= AGE:
            self.flush()

    def close(self) -> None:
        """Write what waits, and end the file."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _add(self, text: bytes) -> None:
        if not self._lines:
            self._since = time.monotonic()
        self._lines.append(text)
        self._waiting += len(text)

    def _turn(self, now: int) -> None:
        """Begin a file that is named after the time."""
        self.close()
        moment = datetime.fromtimestamp(now // SECOND, UTC).strftime("%Y%m%dT%H%M%SZ")
        number, self._size = 1, 0
        while self._file is None:
            more = f"-{number}" if number > 1 else ""
            path = self._folder / f"{self.name}.{moment}{more}.gz"
            try:
                self._file = FileIO(path, "xb")
            except FileExistsError:
                number += 1
            except OSError as error:
                raise Unwritten(f"{path}: {error.strerror}; name another folder") from error
            else:
                self.files.append(path)


def line(frame: ReceivedFrame, address: str) -> bytes:
    """A frame as topics.recording reads it; address: that of a request."""
    moment, text = seconds(frame.received_ns), frame.text
    if frame.encoding == "base64":
        text = repr(b64decode(text))
    elif not text or "\n" in text or "\r" in text or text.startswith(QUOTED):
        text = f"u{text!r}"
    asked = f"{address} -> " if frame.source is Source.REST else ""
    return f"{asked}{moment}: {text}\n".encode()


QUOTED = ("b'", 'b"', "u'", 'u"')
"""Beginnings of a text that would be read as Python's."""


def seconds(time: int) -> str:
    """ns as seconds, to the last digit."""
    return f"{time // SECOND}.{time % SECOND:09}"
