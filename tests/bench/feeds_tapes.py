"""What is read in `tapeline bench feeds`: for each venue of the table its recorded frames, or those
that its tests have in today's format.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import ccxt.pro
import orjson

import infra.recordings as shipped
from engine.feeds.catalogue import FEEDS
from engine.feeds.events import Depth, Event, Quote, Trade
from engine.feeds.feed import Feed
from engine.feeds.routing import routing
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from tests.bench.feeds_ccxt import unpacked
from topics.recording import address, read, sample

Frame = str | bytes

KINDS: dict[type, str] = {Trade: "trades", Quote: "quotes", Depth: "books"}
REST = ('{"lastUpdateId"', '{"success"')
LEAST = 40
"""Frames of a kind, below which they are not read by themselves."""
REPEATED = 100
"""How often frames of tests are read, which are few."""
NO_RECORDING = "no recording in a format that it reads"

BINANCE = {
    "spot": (shipped.SPOT[0], ccxt.pro.binance, "wss://stream.binance.com:9443/ws"),
    "usdm": (shipped.MARKET[0], ccxt.pro.binanceusdm, "wss://fstream.binance.com/ws"),
    "cm": (shipped.COIN_M[0], ccxt.pro.binancecoinm, "wss://dstream.binance.com/ws"),
}


@dataclass(frozen=True)
class Tape:
    """Frames of one venue, as they came.

    plain: the JSON in them for a parser of nothing else (packed frames stay packed; of protobuf,
    the same as JSON). theirs: ccxt's exchange, None where it reads no such frames; url: that ccxt
    would be connected to; told: as CcxtReader has it. The first half is read to begin with, as by a
    process that has run for a while; what the second half takes is measured. events: in that.
    """

    feed: Feed
    case: str
    frames: tuple[Frame, ...]
    plain: tuple[Frame, ...]
    events: int
    symbols: Mapping[str, str] = field(default_factory=dict)
    theirs: Callable[[], Any] | None = None
    url: str = ""
    told: Mapping[bytes, Any] = field(default_factory=dict)

    @property
    def asked(self) -> bool:
        """Answers of REST are among the frames."""
        return any(type(frame) is str and frame.startswith(REST) for frame in self.frames)

    def kinds(self) -> Iterator[Tape]:
        """The frames that hold trades, quotes or books alone, where there are enough."""
        found: dict[str, list[tuple[Frame, Frame]]] = {}
        for frame, plain in zip(self.frames, self.plain, strict=True):
            events = read_by(self.feed, frame)
            kind = KINDS.get(type(events[0])) if events else None
            if kind is not None:
                found.setdefault(kind, []).append((frame, plain))
        for kind, rows in found.items():
            if len(rows) >= LEAST:
                frames, plains = zip(*rows, strict=True)
                count, case = _events(self.feed, frames), f"{self.case}: {kind}"
                yield replace(self, case=case, frames=frames, plain=plains, events=count)


def _events(feed: Feed, frames: tuple[Frame, ...]) -> int:
    """Events in the second half."""
    return sum(len(read_by(feed, frame)) for frame in frames[len(frames) // 2 :])


def read_by(feed: Feed, frame: Frame) -> tuple[Event, ...]:
    """The events of a frame, none of one that is refused."""
    try:
        return feed.parse(frame)
    except Poison:
        return ()


def tapes(most: int) -> Iterator[Tape]:
    """One or more for each venue of the table, of at most so many frames."""
    for name, feed in FEEDS.items():
        if name == "binance":
            for market, given in BINANCE.items():
                yield _recorded(feed, f"binance {market}", *given, most)
        else:
            yield from _of_tests(feed, import_module(f"tests.unit.venues.{name}"), most)


def _of_tests(feed: Feed, module: Any, most: int) -> Iterator[Tape]:
    """What a venue's module of tests names."""
    for file in module.RECORDINGS:
        url = getattr(module, "WITH_CCXT", {}).get(file)
        path, theirs = shipped.HERE / "venues" / file, module.theirs if url else None
        yield _recorded(
            feed, f"{feed.name} {file.removesuffix('.gz')}", path, theirs, url or "", most
        )
    for url, frames in getattr(module, "CURRENT", {}).items():
        yield _current(feed, f"{feed.name} {url.rsplit('/', 1)[-1]} of today", frames, module, url)
    for name, made in getattr(module, "MADE", {}).items():
        yield _made(feed, f"{feed.name} {name}, made up", made(most), module)


def _recorded(
    feed: Feed, case: str, path: Path, theirs: Callable[[], Any] | None, url: str, most: int
) -> Tape:
    """The first frames of a recording."""
    listings = shipped.listings()
    router = routing(
        feed.name, sample(path), listings, address=address(path), folders=path.parts[:-1]
    )
    received = [frame for frame in islice(read(path), most)]
    symbols: dict[str, str] = {}
    for frame in received:
        name = feed.name_in(frame)
        if name is not None:
            symbols[name] = router.route(frame)[0].split(":", 1)[1]
    frames = tuple(map(_content, received))
    return _tape(feed, case, frames, theirs=theirs, url=url, symbols=symbols)


def _content(frame: ReceivedFrame) -> Frame:
    return base64.b64decode(frame.text) if frame.encoding == "base64" else frame.text


def _current(feed: Feed, case: str, frames: tuple[Frame, ...], module: Any, url: str) -> Tape:
    """A venue's frames of tests, again and again."""
    names = [feed.name_in(_received(frame)) for frame in frames]
    symbols = {name: _symbol(feed, name) for name in names if name is not None}
    given = {"theirs": module.theirs, "url": url, "symbols": symbols}
    return _tape(feed, case, frames * REPEATED, **given)


def _made(feed: Feed, case: str, pushed: Any, module: Any) -> Tape:
    """A made-up market, each frame with what ccxt is told of it."""
    pairs = list(pushed)
    told = {frame: its for frame, its in pairs if isinstance(frame, bytes)}
    name = next(filter(None, (feed.name_in(_received(frame)) for frame, _ in pairs)))
    symbols = {name: _symbol(feed, name)}
    frames = tuple(frame for frame, _ in pairs)
    tape = _tape(feed, case, frames, theirs=module.theirs, symbols=symbols, told=told)
    plain = [orjson.dumps(told[each]) if each in told else each for each in frames]
    return replace(tape, plain=tuple(plain))


def _tape(feed: Feed, case: str, frames: tuple[Frame, ...], **given: Any) -> Tape:
    return Tape(feed, case, frames, frames, _events(feed, frames), **given)


def _received(frame: Frame) -> ReceivedFrame:
    if isinstance(frame, bytes):
        text = base64.b64encode(frame).decode()
        return ReceivedFrame(0, Source.WS, "stream", text, "base64")
    return ReceivedFrame(0, Source.WS, "stream", frame)


def _symbol(feed: Feed, name: str) -> str:
    found = (feed.symbol(market, name) for market in feed.markets)
    return next(filter(None, found), name)


def plainly(frame: Frame) -> None:
    """A frame as JSON alone; of what is packed, unpacked first; a pong is none."""
    try:
        orjson.loads(unpacked(frame))
    except orjson.JSONDecodeError:
        return
