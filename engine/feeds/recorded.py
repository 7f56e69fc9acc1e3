"""A recording's routing: of which venue and market it is, from what is known of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from engine.feeds.catalogue import FEEDS, called
from engine.feeds.feed import Feed, Routing
from engine.feeds.routing import routing
from engine.framing import content
from schemas.errors import Poison, TapelineError
from schemas.raw import UNREADABLE, Listing, ReceivedFrame

LOOK = 200
"""Frames that are looked at to tell their venue."""


class Opening(NamedTuple):
    """What a recording begins with: frames, the first address that it names, its folders."""

    frames: Sequence[ReceivedFrame]
    address: str | None = None
    folders: Sequence[str] = ()


def route_of(
    opening: Opening, listings: Iterable[Listing], venue: str = "", market: str | None = None
) -> Routing:
    """The routing of a recording; raises Poison where its market is unclear.

    venue: as people call it, its market with it or not (okx, binance_usdm); "": told by the
    frames. market: else told by the venue's name, the address, frames or folders.
    """
    name, meant = named(venue) if venue else (venue_in(opening.frames), None)
    return routing(
        name,
        opening.frames,
        listings,
        market=market or meant,
        address=opening.address,
        folders=opening.folders,
    )


def named(venue: str) -> tuple[str, str | None]:
    """A venue's name in keys, and the market if what people call it says so."""
    name = venue.lower().replace("-", "_")
    if name not in called():
        raise TapelineError(f"there is no venue {venue}; choose from {', '.join(called())}")
    feed, market = called()[name]
    return feed.name, market


def venue_in(frames: Iterable[ReceivedFrame]) -> str:
    """The venue whose reader makes something of the most frames; raises TapelineError for none."""
    looked_at = [frame for frame in islice(frames, LOOK) if UNREADABLE not in frame.channel]
    read = {name: sum(_tells(feed, frame) for frame in looked_at) for name, feed in FEEDS.items()}
    first, second = sorted(read, key=lambda name: -read[name])[:2]
    if read[first] == read[second]:
        raise TapelineError("nothing tells the venue of these frames: name it by --venue")
    return first


def _tells(feed: Feed, frame: ReceivedFrame) -> bool:
    try:
        text = frame.text
        return bool(feed.parse(content(text) if frame.encoding == "base64" else text))
    except Poison:
        return False
