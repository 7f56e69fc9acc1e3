"""Bitget's books in the form that they come in; trades have none, for msgspec reads them in less.

engine.feeds.bitget_frames has the samples.
"""

from __future__ import annotations

from engine.feeds.events import depth_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import ID, MS, NAME, SIDE, Events, Reader, pairs, quick

HEAD = (
    rf'\{{"action":"(snapshot|update)","arg":\{{"instType":"{NAME}","channel":"{NAME}",'
    rf'"instId":"{NAME}"\}},"data":\['
)
BOOK = (
    rf'{HEAD}\{{"asks":({SIDE}),"bids":({SIDE}),"checksum":(0|-?[1-9][0-9]{{0,9}}+),'
    rf'(?:"seq":({ID}),)?+"ts":"({MS})"\}}\](?:,"ts":{MS})?+\}}'
)


def books(full: Reader) -> Reader:
    """Reads books."""
    return quick(BOOK, _book, full)


def _book(action: str, ask: str, bid: str, sum: str, number: str | None, time: str) -> Events:
    """A checksum of 0 is none; snapshots that are numbered have none that counts."""
    snapshot, last = action == "snapshot", None if number is None else int(number)
    checksum = None if snapshot and last is not None else int(sum) or None
    at, sides = int(time) * MILLISECOND, (pairs(bid), pairs(ask))
    return (depth_of((at, snapshot, None, last, None, *sides, checksum, None)),)
