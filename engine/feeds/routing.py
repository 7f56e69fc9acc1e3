"""Which key a frame belongs to, before any parsing: its venue, and the symbol of the name in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.feeds.catalogue import FEEDS
from engine.feeds.feed import Feed, Routing
from schemas.errors import Poison
from schemas.raw import UNREADABLE, Listing, ReceivedFrame


class Router:
    """Keys by the name in a frame: as listed, else by the name's form; `venue:*` without a name.

    A name that means nothing goes there too and is marked unreadable, so that nothing is lost.

    market: that the names are of; symbols: the venue's name to ours on it.
    """

    def __init__(self, feed: Feed, market: str, symbols: Mapping[str, str]) -> None:
        self.feed, self.market = feed, market
        self.shared = f"{feed.name}:*"
        self._keys = {name: f"{feed.name}:{symbol}" for name, symbol in symbols.items()}

    def route(self, frame: ReceivedFrame) -> tuple[str, ReceivedFrame]:
        """As Routing says."""
        name = self.feed.name_in(frame)
        if name is None:
            return self.shared, frame
        key = self._keys.get(name)
        if key is None:
            symbol = self.feed.symbol(self.market, name)
            if symbol is None:
                return self.shared, frame._replace(channel=self._unlisted(name))
            key = self._keys[name] = f"{self.feed.name}:{symbol}"
        return key, frame

    def _unlisted(self, name: str) -> str:
        told = f"{self.feed.name} {self.market} lists no {name[:40]}; add it to the listings"
        return f"{UNREADABLE}: {told}"


def routing(
    venue: str,
    sample: Iterable[ReceivedFrame],
    listings: Iterable[Listing],
    *,
    market: str | None = None,
    address: str | None = None,
    folders: Iterable[str] = (),
) -> Routing:
    """The routing of a recording that starts with `sample`; raises Poison if it is unclear.

    market: if it is known, else what the recording's address says, its frames, the folder it is in
    (the innermost that is named after a market), or the only market that the venue has.
    """
    feed = FEEDS[venue]
    if market is not None and market not in feed.markets:
        choice = ", ".join(feed.markets)
        raise Poison(f"{venue}: there is no market {market}; choose from {choice}")
    named = next((name for name in reversed([*folders]) if name in feed.markets), None)
    known = [each for each in listings if each.venue == venue]
    frames = list(sample)
    if feed.router is not None:
        return feed.router(frames, known, market, named)
    found = market or (address and feed.market_at(address)) or _shown(feed, frames) or named
    if found is None:
        if len(feed.markets) > 1:
            raise Poison(
                f"{venue}: nothing tells the market of these frames; "
                f"name it by --market ({', '.join(feed.markets)})"
            )
        found = feed.markets[0]
    symbols = {each.venue_symbol: each.symbol for each in known if each.market == found}
    return Router(feed, found, symbols)


def _shown(feed: Feed, frames: Iterable[ReceivedFrame]) -> str | None:
    return next(filter(None, map(feed.market_in, frames)), None)
