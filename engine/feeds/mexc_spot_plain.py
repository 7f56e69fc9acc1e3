"""MEXC's commonest frames of spot in the one form that they are seen in, read at speed.

In Python a protobuf is read five times as fast by a regular expression as byte by byte: texts of
digits end where a byte that is none follows, and their lengths are then held against what is told.
What is not plainly of this form is no verdict: `at_once` gives None, and the frame is read in full
(engine.feeds.mexc_spot_frames, which has the sources; tests/unit/test_feeds_mexc.py holds both
against each other, byte by byte).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from engine.feeds.events import Event, Trade, depth_of, quote_of, trade_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import AMOUNT, PRICE, TRADED
from schemas.errors import Poison
from schemas.ticks import Level, Side

Events = tuple[Event, ...]

TIME = r"[\x80-\xff]{5}[\x01-\x7f]"
"""A time in ms, from 1971 to 2109."""
LENGTH = r"([\x01-\x2d])"
"""Of a price or quantity: no digit and no point."""
VERSION = r"([\x01-\x12])([0-9]{1,18})"
"""Digits, behind which the time may begin with one more: its key is a 0."""
SIDES: dict[str, Side] = {"\x01": "buy", "\x02": "sell"}

_head = re.compile(rb"\n([\x01-\x7f])(spot@[ -~]+)\x1a([\x01-\x7f])([0-9A-Z]+)0").fullmatch
_high = re.compile(r"[\x80-\xff]{4}[\x01-\x7f]").fullmatch
_best = re.compile(
    rf"\n{LENGTH}({AMOUNT})\x12{LENGTH}({AMOUNT})\x1a{LENGTH}({AMOUNT})\"{LENGTH}({AMOUNT})"
    rf"\*{VERSION}(?:0{TIME})?"
).fullmatch
_deal = re.compile(
    rf"\n([\x01-\x7f])\n{LENGTH}({PRICE})\x12{LENGTH}({TRADED})\x18([\x01\x02]) ({TIME})"
    r"(?:\*([\x01-\x7f])([\w-]+))?",
    re.ASCII,
).match
_levels = re.compile(
    rf"([\n\x12])[\x01-\x7f]\n[\x01-\x2d]({PRICE})\x12[\x01-\x2d]({AMOUNT})"
).findall
_versions = re.compile(
    rf"\x1a([\x01-\x7f])([0-9A-Za-z@.]+)\"{VERSION}\*{VERSION}(?:0{TIME})?"
).fullmatch


def at_once(frame: bytes) -> Events | None:
    """The events of a frame in the plain form; None of any other. Raises Poison."""
    try:
        at = frame[1] + frame[frame[1] + 3] + 5
        size, start = frame[at + 8], at + 9
        if size > 0x7F:
            size, start = size & 0x7F | frame[start] << 7, start + 1
            if not 0 < frame[start - 1] < 0x80:
                return None
    except IndexError:
        return None
    if size != len(frame) - start or frame[at] < 0x80 or not _plain(frame[:at]):
        return None
    text = frame.decode("latin-1")
    reader, early = READERS.get(text[at + 6 : at + 8]), _early(text[at + 1 : at + 6])
    if reader is None or early < 0:
        return None
    return reader(text, start, (early | frame[at] & 0x7F) * MILLISECOND)


@lru_cache(1024)
def _plain(head: bytes) -> bool:
    """All before the time is a channel and a symbol of the lengths that are told."""
    match = _head(head)
    return match is not None and (match[1][0], match[3][0]) == (len(match[2]), len(match[4]))


def _time(text: str) -> int:
    """ns of seven bits a character, low ones first."""
    return (_early(text[1:]) | ord(text[0]) & 0x7F) * MILLISECOND


@lru_cache(1024)
def _early(text: str) -> int:
    """ms but for the lowest seven bits, which change with every frame; below 0 for none."""
    if _high(text) is None:
        return -1
    return sum((ord(each) & 0x7F) << 7 * n for n, each in enumerate(text, 1))


def _quote(text: str, at: int, sent: int) -> Events | None:
    match = _best(text, at)
    if match is None:
        return None
    found = match.groups()
    if [*map(ord, found[::2])] != [*map(len, found[1::2])]:
        return None
    _, bid, _, bids, _, ask, _, asks, _, version = found
    return (quote_of((sent, bid, bids, ask, asks, int(version))),)


def _trades(text: str, at: int, sent: int) -> Events | None:
    found: list[Trade] = []
    while match := _deal(text, at):
        n, a, price, b, quantity, side, time, c, name = match.groups()
        of = len(price), len(quantity), len(name or ""), match.end() - at - 2
        if (ord(a), ord(b), ord(c or "\0"), ord(n)) != of:
            return None
        found.append(
            trade_of((_time(time), price, quantity, SIDES[side], name or "", None, None, None))
        )
        at = match.end()
    return tuple(found) if _event(text, at) else None


def _event(text: str, at: int) -> bool:
    """Nothing but the type of the event is left."""
    if at == len(text):
        return True
    return text[at] == "\x12" and at + 2 + ord(text[at + 1 : at + 2] or "\0") == len(text)


def _changes(text: str, at: int, sent: int) -> Events | None:
    """Levels are right if, written again, they are what was read."""
    rows = _levels(text, at)
    again = "".join(
        [
            f"{side}{chr(len(p) + len(q) + 4)}\n{chr(len(p))}{p}\x12{chr(len(q))}{q}"
            for side, p, q in rows
        ]
    )
    tail = _versions(text, at + len(again))
    if tail is None or not text.startswith(again, at):
        return None
    a, event, b, first, c, last = tail.groups()
    if (ord(a), ord(b), ord(c)) != (len(event), len(first), len(last)):
        return None
    ids = int(first), int(last)
    if ids[0] > ids[1]:
        raise Poison(f"changes from version {first} to {last}")
    asks: list[Level] = [(p, q) for side, p, q in rows if side == "\n"]
    bids: list[Level] = [(p, q) for side, p, q in rows if side != "\n"]
    return (depth_of((sent, False, *ids, None, tuple(bids), tuple(asks), None, None)),)


READERS: dict[str, Callable[[str, int, int], Events | None]] = {
    "\xca\x13": _changes,
    "\xd2\x13": _trades,
    "\xda\x13": _quote,
}
"""By the bodies' keys: those of the fields 313, 314 and 315."""
