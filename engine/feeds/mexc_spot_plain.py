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

from engine.feeds import fields
from engine.feeds.events import Depth, Event, Quote, Trade
from engine.feeds.fields import MILLISECOND
from engine.numbers import price_units, quantity_units
from schemas.errors import Poison
from schemas.ticks import Level, Side

Events = tuple[Event, ...]

TIME = r"[\x80-\xff]{5}[\x01-\x7f]"
"""A time in ms, from 1971 to 2109."""
NUMBER = r"([\x01-\x2d])([0-9.]+)"
"""The length of a price or quantity, which is no digit and no point, and its text."""
VERSION = r"([\x01-\x13])([0-9]+)"
SIDES: dict[str, Side] = {"\x01": "buy", "\x02": "sell"}

_head = re.compile(
    r"\n([\x01-\x7f])(spot@[ -~]+)\x1a([\x01-\x7f])([0-9A-Z]+)0(" + TIME + r")"
    r"([\xca\xd2\xda])\x13([\x00-\x7f]|[\x80-\xff][\x01-\x7f])"
).match
_best = re.compile(
    rf"\n{NUMBER}\x12{NUMBER}\x1a{NUMBER}\"{NUMBER}(?:\*{VERSION}(?:0{TIME})?)?"
).fullmatch
_deal = re.compile(
    rf"\n([\x01-\x7f])\n{NUMBER}\x12{NUMBER}\x18([\x01\x02]) ({TIME})(?:\*([\x01-\x7f])([\w-]+))?",
    re.ASCII,
).match
_levels = re.compile(r"([\n\x12])[\x01-\x7f]\n[\x01-\x2d]([0-9.]+)\x12[\x01-\x2d]([0-9.]+)").findall
_versions = re.compile(
    rf"\x1a([\x01-\x7f])([0-9A-Za-z@.]+)\"{VERSION}\*{VERSION}(?:0{TIME})?"
).fullmatch


def at_once(frame: bytes) -> Events | None:
    """The events of a frame in the plain form; None of any other. Raises Poison."""
    text = frame.decode("latin-1")
    head = _head(text)
    if head is None:
        return None
    wide, channel, narrow, symbol, sent, kind, size = head.groups()
    length = ord(size) if len(size) == 1 else (ord(size[0]) & 0x7F) | ord(size[1]) << 7
    told = ord(wide), ord(narrow), length
    at = head.end()
    if told != (len(channel), len(symbol), len(text) - at):
        return None
    return READERS[kind](text, at, _time(sent))


@lru_cache(1024)
def _time(text: str) -> int:
    """ns of seven bits a character, low ones first."""
    return sum((ord(each) & 0x7F) << 7 * n for n, each in enumerate(text)) * MILLISECOND


def _quote(text: str, at: int, sent: int) -> Events | None:
    match = _best(text, at)
    if match is None:
        return None
    a, bid, b, bids, c, ask, d, asks, e, version = match.groups()
    told = ord(a), ord(b), ord(c), ord(d), ord(e or "\0")
    if told != (len(bid), len(bids), len(ask), len(asks), len(version or "")):
        return None
    price_units(bid)
    price_units(ask)
    quantity_units(bids)
    quantity_units(asks)
    number = fields.whole(version) if version else None
    return (Quote(sent, bid, bids, ask, asks, number),)


def _trades(text: str, at: int, sent: int) -> Events | None:
    found: list[Trade] = []
    while match := _deal(text, at):
        n, a, price, b, quantity, side, time, c, name = match.groups()
        of = len(price), len(quantity), len(name or ""), match.end() - at - 2
        if (ord(a), ord(b), ord(c or "\0"), ord(n)) != of:
            return None
        if not price_units(price) or not quantity_units(quantity):
            raise Poison(f"a trade of {quantity} at {price}")
        found.append(Trade(_time(time), price, quantity, SIDES[side], name or ""))
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
    ids = fields.whole(first), fields.whole(last)
    if ids[0] > ids[1]:
        raise Poison(f"changes from version {first} to {last}")
    asks: list[Level] = [(p, q) for side, p, q in rows if side == "\n"]
    bids: list[Level] = [(p, q) for side, p, q in rows if side != "\n"]
    return (Depth(sent, False, *ids, None, fields.levels(bids), fields.levels(asks)),)


READERS: dict[str, Callable[[str, int, int], Events | None]] = {
    "\xca": _changes,
    "\xd2": _trades,
    "\xda": _quote,
}
"""By the first byte of the bodies' keys: those of the fields 313, 314 and 315."""
