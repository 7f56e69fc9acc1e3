"""Which key a Binance frame belongs to: its market, and the symbol that the venue's name means.

The three markets use the same names (BTCUSDT is listed on spot and on USD-M), so a name alone says
nothing. Names are looked up in a list of listings, never cut apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from schemas.errors import Poison
from schemas.raw import UNREADABLE, Listing, ReceivedFrame, Source

VENUE = "binance"
MARKETS = ("spot", "usdm", "cm")

_STREAM = re.compile(r'\{"stream":"([^"@]+)@').match
_REQUEST = re.compile(r"[?&]symbol=([^&]+)").search


def market_of(text: str) -> str | None:
    """The market that a frame can only have come from, None if it may be from several.

    Futures snapshots carry E and T, COIN-M ones also their pair; futures diffs carry pu, COIN-M
    ones also ps; spot's bookTicker has no "e", spot's trades carry M. Trades and mark prices of
    futures are None: USD-M and COIN-M send them alike.
    """
    frame = _loaded(text)
    if "ps" in frame or "pair" in frame:
        return "cm"
    if "lastUpdateId" in frame:
        return "usdm" if "T" in frame else "spot"
    kind = frame.get("e")
    if kind == "depthUpdate":
        return "usdm" if "pu" in frame else "spot"
    if kind == "bookTicker":
        return "usdm"
    return "spot" if "M" in frame or (kind is None and "B" in frame) else None


def named_market(folders: Sequence[str]) -> str | None:
    """The market that the innermost of the folders is named after, None if none of them is."""
    return next((name for name in reversed(folders) if name in MARKETS), None)


def symbol_in(frame: ReceivedFrame) -> str | None:
    """The venue's symbol that a frame names, in capitals; None for snapshots and replies."""
    match = _STREAM(frame.text)
    if match is not None:
        return match.group(1).upper()
    asked = _REQUEST(frame.channel) if frame.source is Source.REST else None
    if asked is not None:
        return asked.group(1).upper()
    data = _loaded(frame.text)
    name = data.get("s", data.get("symbol"))
    return name if isinstance(name, str) else None


class Router:
    """Keys of the frames of one recording or connection.

    symbols: the venue's name to ours on this market. names: the venue's symbols, as they show; the
    first that is listed is home to the frames that name none. What belongs to no key (a snapshot
    without a name among several symbols, a frame of a symbol that is not listed) is marked
    unreadable and goes to dead.letters from there, so that nothing is lost and no book is spoilt.
    """

    def __init__(self, market: str, symbols: Mapping[str, str], names: Iterable[str]) -> None:
        self.market, self.symbols = market, symbols
        shown = tuple(dict.fromkeys(names))
        if not shown:
            raise Poison(f"{VENUE}: no frame names a symbol")
        listed = [name for name in shown if name in symbols]
        if not listed:
            raise Poison(self._unlisted(shown[0]))
        self._home, self._several = listed[0], len(listed) > 1
        self._keys = {name: f"{VENUE}:{symbol}" for name, symbol in symbols.items()}

    @classmethod
    def of(
        cls,
        sample: Iterable[ReceivedFrame],
        listings: Iterable[Listing],
        market: str | None = None,
        otherwise: str | None = None,
    ) -> Router:
        """The router for a recording that starts with `sample`; raises Poison if it is unclear.

        market: if it is known, must not contradict the frames; otherwise: if they do not say.
        Frames that do not say come from the only market that lists their symbols, if it is one.
        """
        frames, known = list(sample), [each for each in listings if each.venue == VENUE]
        names = [name for name in map(symbol_in, frames) if name is not None]
        found = _agreed(frames, market, otherwise or _only_market(names, known))
        symbols = {each.venue_symbol: each.symbol for each in known if each.market == found}
        return cls(found, symbols, names)

    def route(self, frame: ReceivedFrame) -> tuple[str, ReceivedFrame]:
        """The frame with the key it belongs to; marked unreadable where it belongs to none."""
        name = symbol_in(frame)
        if name is None:
            name = self._home
            if self._several and "lastUpdateId" in frame.text:
                frame = frame._replace(channel=f"{UNREADABLE}: a snapshot that names no symbol")
        elif name not in self.symbols:
            frame = frame._replace(channel=f"{UNREADABLE}: {self._unlisted(name)}")
            name = self._home
        return self._keys[name], frame

    def _unlisted(self, name: str) -> str:
        return f"{VENUE} {self.market} lists no {name[:40]}; add it to the listings"


def _agreed(frames: Iterable[ReceivedFrame], market: str | None, otherwise: str | None) -> str:
    """The market of the frames; raises Poison where it is unknown or they contradict `market`."""
    told = filter(None, (market_of(frame.text) for frame in frames))
    if market is None:
        market = next(told, otherwise)
    if market is None:
        raise Poison(
            f"{VENUE}: the frames do not tell their market, or are no Binance frames; "
            f"name it by --market ({', '.join(MARKETS)})"
        )
    if market not in MARKETS:
        raise Poison(f"{VENUE}: there is no market {market}; choose from {', '.join(MARKETS)}")
    if other := next((each for each in told if each != market), None):
        raise Poison(f"{VENUE}: these are {other} frames, not {market}")
    return market


def _only_market(names: Iterable[str], listings: Iterable[Listing]) -> str | None:
    """The one market that lists all of the names; None if there are several or none."""
    wanted, listed = set(names), dict[str, set[str]]()
    for each in listings:
        listed.setdefault(each.market, set()).add(each.venue_symbol)
    markets = [market for market, symbols in listed.items() if wanted and wanted <= symbols]
    return markets[0] if len(markets) == 1 else None


def _loaded(text: str) -> dict[str, Any]:
    """The frame without its wrapper, {} for what is no JSON object."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    data = frame.get("data", frame) if isinstance(frame, dict) else {}
    return data if isinstance(data, dict) else {}
