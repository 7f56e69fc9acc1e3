"""market.raw: frames exactly as a venue sent them, and the desk's clock."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple, Self

from pydantic import model_validator

from schemas.record import Message, Record


class Source(StrEnum):
    """Where frames came from: a socket, a request, the collector's own clock, or a table in a file.

    CUT is the collector's own word that a connection was cut; each frame is a Cut as JSON. What
    came before the record and what comes after it do not follow one another.
    """

    WS = "ws"
    REST = "rest"
    CLOCK = "clock"
    CUT = "cut"
    FILE = "file"


Encoding = Literal["text", "base64"]

UNREADABLE = "unreadable"
"""Channels that start so carry what was no frame; the rest of the channel says where and why."""


class ReceivedFrame(NamedTuple):
    """One frame as it came in: receive time in ns, where from, and its text byte-exact.

    encoding: "base64" where the frame is of bytes, and text is those in base64.
    """

    received_ns: int
    source: Source
    channel: str
    text: str
    encoding: Encoding = "text"


class Cut(Message):
    """What a connection had carried of a symbol (trades, quotes, book, ...), and why it was cut.

    lost: no cut is told, but that of an earlier one not all could be fetched by REST.
    """

    kinds: tuple[str, ...]
    reason: str
    lost: bool = False


class Listing(NamedTuple):
    """The name under which a venue's market sends a symbol (market: spot, usdm, cm, ...)."""

    venue: str
    market: str
    venue_symbol: str
    symbol: str


class RawFrame(Record):
    """Frames of one key and one source that arrived in one linger, byte-exact.

    run: the feed run (a live session or a recording); run_seq: counts from 0 per run and key.
    channel: the connection or endpoint that delivered them ("stream", "depth", "clock").
    received: receive time of each frame in ns. encoding: "text", or "base64" for binary frames.
    """

    run: str
    run_seq: int
    source: Source
    channel: str
    received: tuple[int, ...] = ()
    encoding: Encoding = "text"
    frames: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_time_a_frame(self) -> Self:
        if len(self.received) != len(self.frames):
            raise ValueError("received and frames differ in length")
        return self
