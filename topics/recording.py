"""Recordings of raw frames in files, gzip or plain text, read as a stream.

Formats, told apart line by line:
- binance_ws: `<receive time, ns> <JSON as received>`
- cryptofeed: `<time, s>: <JSON>` received on a socket, `<url> -> <time, s>: <JSON>` received from
  a request; what was sent (`<url> <- ...`), connections (`<url> <-> ...`) and `configuration: ...`
  are no frames and are passed over. Frames of bytes are there as Python writes them (b'...' or
  b"..."): they are read as those bytes, in base64. Texts of several lines, or none, are there as
  u'...' or u"..." (topics.tapes writes them so).

A line that is none of these is handed out as an unreadable frame at the time of the line before it
(of the next one at the start), so that it ends in dead.letters with its place and the rest goes on.
So is a line whose time is more than LEAP ahead of the lines before and after it.
"""

from __future__ import annotations

import ast
import gzip
import heapq
import re
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from io import BufferedReader
from itertools import islice, repeat
from pathlib import Path
from typing import Any, Protocol

import orjson

from schemas.errors import TapelineError
from schemas.instruments import Instrument
from schemas.raw import UNREADABLE, Listing, ReceivedFrame, Source

Keyed = tuple[str, ReceivedFrame]
"""A frame with the market that it is of."""

Route = Callable[[ReceivedFrame], Keyed]

LEAP = 60 * 10**9
"""Nanoseconds that one line alone is not believed to be ahead."""

SAMPLE = 1000
"""Frames that are looked at to tell what a recording holds."""

BUFFER = 1 << 18
"""Bytes that are unpacked at once: lines are cut from them in C."""

_SOCKET = re.compile(r"([0-9]+)(?:\.([0-9]{1,9}))?: (.+)", re.DOTALL).fullmatch
_REQUEST = re.compile(r"(https?://\S+) -> ([0-9]+)(?:\.([0-9]{1,9}))?: (.+)", re.DOTALL).fullmatch
_ADDRESS = re.compile(rb"((?:wss?|https?)://\S+) (?:<->|<-|->) ").match
_NO_FRAME = re.compile(r"(wss?|https?)://\S+ (<->|<-) |configuration: ").match


class BrokenRecording(TapelineError):
    """A file that is no recording, or that ends within its compression."""


def read(path: Path) -> Iterator[ReceivedFrame]:
    """The frames of one file in file order; raises BrokenRecording."""
    last: int | None = None
    held: tuple[int, ReceivedFrame] | None = None
    try:
        for number, frame in _numbered(path):
            if held is not None:
                judged = _believed(path, *held, last, frame.received_ns)
                yield judged
                last, held = judged.received_ns, None
            if last is None or frame.received_ns > last + LEAP:
                held = (number, frame)
                continue
            last = frame.received_ns
            yield frame
    except BrokenRecording:
        yield from [held[1]] if held is not None else []
        raise
    yield from [held[1]] if held is not None else []


def _believed(
    path: Path, number: int, frame: ReceivedFrame, before: int | None, after: int
) -> ReceivedFrame:
    """A frame whose time leaps ahead; unreadable if the line after it is back from there."""
    if frame.received_ns <= after + LEAP:
        return frame
    channel = f"{UNREADABLE}: {path.name} line {number}: the time {frame.received_ns} is far ahead"
    time = after if before is None else before
    return frame._replace(received_ns=time, channel=f"{channel} of the lines around it")


def _numbered(path: Path) -> Iterator[tuple[int, ReceivedFrame]]:
    """Every frame with the number of its line."""
    last: int | None = None
    early: list[ReceivedFrame] = []
    for number, line in enumerate(_lines(path), 1):
        text, whole = _text(line)
        frame = _frame(text) if whole else None
        if frame is None:
            if not text or _NO_FRAME(text):
                continue
            channel = f"{UNREADABLE}: {path.name} line {number} is no `<time> <frame>`"
            frame = ReceivedFrame(last or 0, Source.WS, channel, text)
            if last is None:
                early.append(frame)
                continue
        last = frame.received_ns
        if early:
            yield from ((1, bad._replace(received_ns=last)) for bad in early)
            early.clear()
        yield number, frame
    if last is None:
        raise BrokenRecording(f"{path}: no line holds a frame; is it a recording of raw frames?")


def begins(path: Path) -> tuple[list[ReceivedFrame], str | None, tuple[str, ...]]:
    """What tells a recording's venue and market: its first frames, address and folders.

    Frames up to a fault that comes soon; BrokenRecording when there are none.
    """
    found: list[ReceivedFrame] = []
    with suppress(BrokenRecording):
        found.extend(islice(read(path), SAMPLE))
    return found or sample(path), address(path), path.parts[:-1]


def address(path: Path) -> str | None:
    """The first address of a cryptofeed recording, which tells what was recorded; None without."""
    with suppress(BrokenRecording):
        for line in islice(_lines(path), SAMPLE):
            if match := _ADDRESS(line):
                return match.group(1).decode()
    return None


def sample(path: Path) -> list[ReceivedFrame]:
    """The first frames of a file, to tell its market and symbols from."""
    return list(islice(read(path), SAMPLE))


class Watch(Protocol):
    """Who sees the frames of files as they pass (topics.inspection)."""

    repeats: int

    def watch(self, path: Path, frames: Iterator[Keyed]) -> Iterator[Keyed]:
        """The same frames."""
        ...


def merged(files: Iterable[tuple[Path, Route]], by: Watch | None = None) -> Iterator[Keyed]:
    """(key, frame) of several files by receive time; equal times in the order of the files.

    What a file has of a market exactly as a file before it, to the nanosecond, is taken once: two
    recordings that overlap do not double their trades.
    """
    streams = [(path, map(route, read(path))) for path, route in files]
    seen = [frames if by is None else by.watch(path, frames) for path, frames in streams]
    if len(seen) == 1:
        return seen[0]
    numbered = [zip(repeat(number), frames) for number, frames in enumerate(seen)]
    return _once(heapq.merge(*numbered, key=lambda each: each[1][1].received_ns), by)


def _once(frames: Iterable[tuple[int, Keyed]], by: Watch | None) -> Iterator[Keyed]:
    """Frames without those that another file had at the same nanosecond."""
    now, met = -1, dict[tuple[str, str, str], int]()
    for number, (key, frame) in frames:
        if frame.received_ns != now:
            now = frame.received_ns
            met.clear()
        if met.setdefault((key, frame.channel, frame.text), number) == number:
            yield key, frame
        elif by is not None:
            by.repeats += 1


def run_of(paths: Sequence[Path], linger: int) -> str:
    """The name of the feed run: a digest of what the files hold and how it is framed."""
    digest = blake2b(f"recording|{linger}".encode(), digest_size=8)
    for path in paths:
        content = blake2b(digest_size=16)
        for line in _lines(path):
            content.update(line)
        digest.update(content.digest())
    return digest.hexdigest()


def instruments(path: Path) -> tuple[Instrument, ...]:
    """The instruments of a JSON list as in infra/recordings/instruments.json."""
    return tuple(Instrument.model_validate(row) for row in rows(path))


def listings(path: Path) -> tuple[Listing, ...]:
    """The venue's names of the symbols in a JSON list of instruments or of listings."""
    return tuple(Listing(*(row[name] for name in Listing._fields)) for row in rows(path))


def rows(path: Path) -> list[dict[str, Any]]:
    """What a JSON list of instruments or of listings holds; raises BrokenRecording."""
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise BrokenRecording(f"{path}: {error}; is it a list of instruments?") from error
    if not isinstance(found, list):
        raise BrokenRecording(f"{path}: no JSON list")
    return found


class _Unpacked(gzip.GzipFile):
    """Gives what it has before it raises, also where more was asked for."""

    def readinto(self, buffer: Any) -> int:
        """At most the bytes of one read of the file."""
        found = self.read1(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _lines(path: Path) -> Iterator[bytes]:
    """Lines with their ends; a file is gzip if it starts like one."""
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            yield from BufferedReader(_Unpacked(fileobj=plain), BUFFER) if packed else plain
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BrokenRecording(f"{path}: {error}; fetch the file again") from error
    except OSError as error:
        raise BrokenRecording(f"{path}: {error.strerror}; check the path") from error


def _text(line: bytes) -> tuple[str, bool]:
    """A line without its end, and whether it is text at all (escaped if not)."""
    line = line.rstrip(b"\r\n")
    try:
        return line.decode(), True
    except UnicodeDecodeError:
        return line.decode(errors="backslashreplace"), False


def _frame(text: str) -> ReceivedFrame | None:
    """The frame in one line, None if the line cannot be split."""
    digits, _, frame = text.partition(" ")
    if frame and len(digits) <= 19 and digits.isascii() and digits.isdecimal():
        time = int(digits)
        if frame.startswith('{"lastUpdateId"'):
            return ReceivedFrame(time, Source.REST, "depth", frame)
        return ReceivedFrame(time, Source.WS, "stream", frame)
    if match := _SOCKET(text):
        time = _nanoseconds(match.group(1), match.group(2))
        return _socket(time, match.group(3))
    if match := _REQUEST(text):
        url, seconds, fraction, frame = match.groups()
        channel = url.split("/", 3)[-1]
        whole = _whole(frame)
        if whole is None:
            return None
        return ReceivedFrame(_nanoseconds(seconds, fraction), Source.REST, channel, whole)
    return None


def _socket(time: int, text: str) -> ReceivedFrame | None:
    """What came on a socket; None for bytes that are not written as Python writes them."""
    if not text.startswith(("b'", 'b"')):
        whole = _whole(text)
        return None if whole is None else ReceivedFrame(time, Source.WS, "stream", whole)
    content = _literal(text)
    if not isinstance(content, bytes):
        return None
    return ReceivedFrame(time, Source.WS, "stream", b64encode(content).decode(), "base64")


def _whole(text: str) -> str | None:
    """A text that may be written as Python writes it."""
    if not text.startswith(("u'", 'u"')):
        return text
    content = _literal(text)
    return content if isinstance(content, str) else None


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _nanoseconds(seconds: str, fraction: str | None) -> int:
    return int(seconds + (fraction or "").ljust(9, "0"))
