"""A recording of one market of a venue as frames to be sent, each with the topics it belongs to."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from engine.feeds.catalogue import FEEDS
from engine.feeds.events import Depth, Event, Funding, Liquidation, OpenInterest, Quote, Trade
from engine.feeds.feed import Feed
from engine.feeds.speech import Kind, Topic
from infra.replaying.dialects.table import whole_name
from schemas.errors import Poison, TapelineError
from schemas.raw import UNREADABLE, ReceivedFrame, Source
from topics import recording

KIND_OF = {
    Trade: Kind.TRADES,
    Quote: Kind.QUOTES,
    Depth: Kind.BOOK,
    OpenInterest: Kind.INTEREST,
    Liquidation: Kind.LIQUIDATIONS,
}


class Unplayable(TapelineError):
    """Recordings that cannot be played."""


class Shot(NamedTuple):
    """A frame as it was received (text, or bytes), its time in ns, and what it is part of."""

    time: int
    payload: str | bytes
    topics: tuple[Topic, ...]


class Told(NamedTuple):
    """An answer of REST, and how many frames had come before it."""

    position: int
    text: str


@dataclass(slots=True)
class Reel:
    """What was recorded of a market, in order of time.

    answers: books by REST, by name. names: all that frames are about. left: frames of no topic,
    which are never sent: answers to the recorder's own requests, channels that nobody can ask for.
    """

    feed: Feed
    market: str
    shots: list[Shot] = field(default_factory=list)
    answers: dict[str, list[Told]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    topics: dict[Topic, list[int]] = field(default_factory=dict)
    left: int = 0

    @property
    def kinds(self) -> frozenset[Kind]:
        """What can be asked for."""
        return self.feed.speech_of(self.market).kinds[self.market]

    def has(self, topic: Topic) -> bool:
        """Whether the venue of the recording accepts a subscription."""
        if topic.kind in self.feed.speech_of(self.market).whole:
            return True
        return topic.kind in self.kinds and topic.name in self.names

    def add(self, frame: ReceivedFrame) -> None:
        """Put a frame at the end."""
        name = self.feed.name_in(frame)
        if frame.source is Source.REST:
            name = name or next(iter(self.names), None)
            if any(isinstance(event, Trade) for event in parsed(self.feed, payload_of(frame))):
                self.left += 1
            elif name is not None:
                self.answers.setdefault(name, []).append(Told(len(self.shots), frame.text))
            return
        payload = payload_of(frame)
        topics = () if name is None else tuple(self._topics(name, payload))
        if not topics or frame.channel.startswith(UNREADABLE):
            self.left += 1
            return
        if name is not None:
            self.names.add(name)
        for topic in topics:
            self.topics.setdefault(topic, []).append(len(self.shots))
        self.shots.append(Shot(frame.received_ns, payload, topics))

    def _topics(self, name: str, payload: str | bytes) -> Iterable[Topic]:
        whole = self.feed.speech_of(self.market).whole
        for kind in kinds_of(parsed(self.feed, payload), self.kinds):
            yield Topic(kind, whole_name(self.feed.name, payload) if kind in whole else name)


def payload_of(frame: ReceivedFrame) -> str | bytes:
    """What came over the socket."""
    return b64decode(frame.text) if frame.encoding == "base64" else frame.text


def parsed(feed: Feed, payload: str | bytes) -> tuple[Event, ...]:
    """The events of a frame, none of what cannot be read."""
    try:
        return feed.parse(payload)
    except Poison:
        return ()


def kinds_of(events: Iterable[Event], offered: frozenset[Kind]) -> list[Kind]:
    """What a frame is part of; marks and open interest come with FUNDING where nothing else has
    them.
    """
    found: dict[Kind, None] = {}
    for event in events:
        if isinstance(event, Funding):
            if event.mark is not None and Kind.MARK in offered:
                found[Kind.MARK] = None
            if event.rate is not None or Kind.MARK not in offered:
                found[Kind.FUNDING] = None
            continue
        kind = KIND_OF[type(event)]
        if kind is Kind.INTEREST and kind not in offered:
            kind = Kind.FUNDING
        found[kind] = None
    return [kind for kind in found if kind in offered]


def market_of(feed: Feed, path: Path) -> str:
    """The market of a recording, by its address, frames or folder; raises Unplayable."""
    if len(feed.markets) == 1:
        return feed.markets[0]
    address = recording.address(path)
    if address is not None and (found := feed.market_at(address)) is not None:
        return found
    folders = [name for name in reversed(path.parts[:-1]) if name in feed.markets]
    shown = next(filter(None, map(feed.market_in, recording.sample(path))), None)
    told = shown or next(iter(folders), None)
    if told is None:
        raise Unplayable(f"{path}: nothing tells its market of {', '.join(feed.markets)}")
    return told


def reels(
    venue: str, files: Sequence[Path], market: str | None = None, most: int | None = None
) -> list[Reel]:
    """The markets that files of one venue hold; files of one market are played as one.

    market: of all files, where it is known. most: frames of each market, the first ones. Raises
    TapelineError of what cannot be read or played.
    """
    feed = FEEDS[venue]
    by_market: dict[str, list[Path]] = {}
    for path in files:
        by_market.setdefault(market or market_of(feed, path), []).append(path)
    return [_reel(feed, name, paths, most) for name, paths in by_market.items()]


def _reel(feed: Feed, market: str, paths: Sequence[Path], most: int | None) -> Reel:
    reel = Reel(feed, market)
    for frame in islice(_merged(feed, paths), most):
        reel.add(frame)
    if not reel.shots:
        raise Unplayable(f"{paths[0]}: no frame of {feed.name} {market} that can be subscribed")
    return reel


def _merged(feed: Feed, paths: Sequence[Path]) -> Iterable[ReceivedFrame]:
    """All frames by time; an answer that names no symbol is of the one of its file."""
    return (frame for _, frame in recording.merged((path, _Named(feed, path)) for path in paths))


class _Named:
    """Gives an answer of REST the name that the other frames of its file have."""

    def __init__(self, feed: Feed, path: Path) -> None:
        self.feed = feed
        self.home = next(filter(None, map(feed.name_in, recording.sample(path))), None)

    def __call__(self, frame: ReceivedFrame) -> tuple[str, ReceivedFrame]:
        if frame.source is Source.REST and self.feed.name_in(frame) is None and self.home:
            frame = frame._replace(channel=f"depth?symbol={self.home}")
        return "", frame
