"""MEXC's public frames to events, no IO: one reader for spot and contracts, by the frame's form.

Bytes are a frame of spot in protobuf (engine.feeds.mexc_spot_frames), or in gzip one of contracts,
whose socket packs what it is asked to; texts are contracts' frames
(engine.feeds.mexc_contract_frames), answers of REST, and what spot's socket says of itself:
  {"id":0,"code":0,"msg":"spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDT"} {..,"msg":"PONG"}
  {"id":0,"code":0,"msg":"Subscribed successful! [..]. Not Subscribed successfully! [spot@..].
   Reason: Blocked! "}                         (the code is 0 then too)
"""

from __future__ import annotations

import re
import zlib

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds import mexc_contract_frames as contract
from engine.feeds import mexc_spot_frames as spot
from engine.feeds.mexc_contract_frames import Events
from schemas.errors import Poison

VENUE = "mexc"
GZIP = b"\x1f\x8b"
LARGEST = 1 << 24
"""Bytes that a frame may be of when it is unpacked."""

REFUSED = re.compile(r"Not Subscribed successfully!\s*\[\s*([^\]\s][^\]]*)\]").search
"""Channels that were not subscribed, in a reply."""


class _Reply(Struct, gc=False):
    id: int
    code: int
    msg: str


_reply = msgspec.json.Decoder(_Reply).decode


@fields.reading(VENUE)
def parse(frame: str | bytes) -> Events:
    """As engine.feeds.feed says."""
    if isinstance(frame, bytes):
        if not frame.startswith((GZIP, b"{")):
            return spot.pushed(frame)
        frame = unpacked(frame).decode()
    found = contract.pushed(frame)
    return _other(frame) if found is None else found


def unpacked(frame: bytes) -> bytes:
    """What a gzip frame holds, any other as it is; ValueError for a cut or huge one."""
    if not frame.startswith(GZIP):
        return frame
    unpacker = zlib.decompressobj(31)
    try:
        found = unpacker.decompress(frame, LARGEST)
    except zlib.error as error:
        raise ValueError(f"gzip: {error}") from error
    if not unpacker.eof:
        raise ValueError(f"gzip that breaks off, or of more than {LARGEST} bytes")
    return found


def _other(text: str) -> Events:
    """Answers of REST, and replies."""
    if text.startswith('{"lastUpdateId"'):
        return spot.answered(text)
    if text.startswith('{"success"'):
        return contract.answered(text)
    if text.startswith("["):
        return spot.traded(text)
    reply = _reply(text)
    if reply.code or REFUSED(reply.msg):
        raise Poison(f"{reply.code}: {reply.msg[:200]}")
    return ()
