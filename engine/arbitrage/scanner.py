"""A scanner of routes: how large an edge was, how long it was there and how often.

Time is the records'. An edge lasts from the record that showed it to the record that ended it. A
touch that has not been heard of for a while, or of a book that is not sound, is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

from engine.arbitrage.routes import Edge, Market, Route, Touch, edge, routes
from engine.indicators import rounded
from engine.spans import SECOND
from schemas.ticks import BookState, Ticks

MOST = 10_000
"""Episodes of a route whose lengths are kept."""


@dataclass
class Seen:
    """Of one route, ns and basis points. known: how long it had touches; above: how long its edge
    was above 0, gross and net of fees; area: of the net edge over time; best: the largest net edge
    and its size; lengths: of times that it was above `least` net."""

    route: Route
    known: int = 0
    gross: int = 0
    net: int = 0
    area: float = 0.0
    best: Edge | None = None
    widest: float = float("-inf")
    episodes: int = 0
    lengths: list[int] = field(default_factory=list)
    last: Edge | None = None
    at: int = 0
    since: int | None = None

    def pass_to(self, now: int) -> None:
        """The last edge lasted until now."""
        if self.last is not None and now > self.at:
            span = now - self.at
            self.known += span
            self.area += span * self.last.net
            self.gross += span * (self.last.gross > 0)
            self.net += span * (self.last.net > 0)
        self.at = max(self.at, now)

    def take(self, found: Edge | None, now: int, least: float) -> None:
        """The edge from now on."""
        self.pass_to(now)
        self.last = found
        above = found is not None and found.net > least
        if found is not None:
            self.widest = max(self.widest, found.gross)
            if self.best is None or found.net > self.best.net:
                self.best = found
        if above and self.since is None:
            self.since, self.episodes = now, self.episodes + 1
        elif not above and self.since is not None:
            self._end(now)

    def _end(self, now: int) -> None:
        assert self.since is not None
        if len(self.lengths) < MOST:
            self.lengths.append(now - self.since)
        self.since = None

    def close(self, now: int) -> None:
        """There is nothing after now."""
        self.pass_to(now)
        if self.since is not None:
            self._end(now)


@dataclass(frozen=True, slots=True)
class Found:
    """A route's figures. seconds: that it had touches; best, mean: net edge in bps; widest: gross;
    size: at the best, of the money that it begins with; gross, net: share of the time above 0;
    median_ms, longest_ms: of episodes above the least net edge, None without one; funding: bps of
    the next payment that whoever sold the perpetual gets, None where it is not known."""

    kind: str
    route: str
    seconds: float
    best: float
    size: float
    mean: float
    widest: float
    gross: float
    net: float
    episodes: int
    an_hour: float
    median_ms: float | None
    longest_ms: float | None
    funding: float | None


class Scanner:
    """Touches of markets, and the routes over them. market: what is known of a key when it is first
    heard of; None: it is passed over. least: net bps above which an edge counts as an episode;
    stale: ns after which a touch that was not heard of is none."""

    def __init__(
        self, market: Callable[[str], Market | None], least: float = 0.0, stale: int = 5 * SECOND
    ) -> None:
        self.least, self.stale, self.now = least, stale, 0
        self.seen: list[Seen] = []
        self._market = market
        self._markets: dict[str, Market | None] = {}
        self._through: dict[str, list[Seen]] = {}
        self._touches: dict[str, Touch] = {}
        self._heard: dict[str, int] = {}
        self._rates: dict[str, float] = {}

    def take(self, ticks: Ticks) -> None:
        """The next record of any market, in order of time."""
        if ticks.key not in self._markets:
            self._met(ticks.key)
        if self._markets[ticks.key] is None:
            return
        self.now = max(self.now, ticks.seen_time)
        if ticks.fundings.index:
            self._funded(ticks)
        if not ticks.clock:
            self._heard[ticks.key] = self.now
        before = self._touches.get(ticks.key)
        touch = touch_of(ticks)
        if touch is None:
            self._touches.pop(ticks.key, None)
        else:
            self._touches[ticks.key] = touch
        if touch != before or ticks.clock:
            for each in self._through[ticks.key]:
                each.take(self._edge(each.route), self.now, self.least)

    def _met(self, key: str) -> None:
        """A market that is new, with the routes through it."""
        self._markets[key], self._through[key] = self._market(key), []
        known = [each for each in self._markets.values() if each is not None]
        for route in routes(known):
            through = [leg.market.key for leg in route.legs]
            if key in through:
                self.seen.append(seen := Seen(route))
                for each in through:
                    self._through[each].append(seen)

    def _edge(self, route: Route) -> Edge | None:
        heard = (self._heard.get(leg.market.key, 0) for leg in route.legs)
        return None if self.now - min(heard) > self.stale else edge(route, self._touches)

    def _funded(self, ticks: Ticks) -> None:
        for rate in ticks.fundings.rate:
            if rate is not None:
                self._rates[ticks.key] = float(rate)

    def found(self) -> list[Found]:
        """Of every route that had touches, the best first; nothing can be taken after it."""
        for each in self.seen:
            each.close(self.now)
        rows = [self._told(each) for each in self.seen if each.best is not None and each.known]
        return sorted(rows, key=lambda row: (-row.best, row.route))

    def _told(self, of: Seen) -> Found:
        assert of.best is not None
        lengths = [each / 1e6 for each in of.lengths]
        rates = [self._rates.get(leg.market.key) for leg in of.route.legs if leg.market.perpetual]
        return Found(
            kind=of.route.kind,
            route=str(of.route),
            seconds=rounded(of.known / SECOND),
            best=rounded(of.best.net),
            size=rounded(of.best.size),
            mean=rounded(of.area / of.known),
            widest=rounded(of.widest),
            gross=rounded(of.gross / of.known),
            net=rounded(of.net / of.known),
            episodes=of.episodes,
            an_hour=rounded(of.episodes * 3600 * SECOND / of.known),
            median_ms=rounded(median(lengths)) if lengths else None,
            longest_ms=rounded(max(lengths)) if lengths else None,
            funding=_funding(of.route, rates),
        )


def _funding(route: Route, rates: Iterable[float | None]) -> float | None:
    rate = next(iter(rates), None) if route.kind == "basis" else None
    if rate is None:
        return None
    sold = any(leg.market.perpetual and not leg.buys for leg in route.legs)
    return rounded(rate * 1e4 if sold else -rate * 1e4)


def touch_of(ticks: Ticks) -> Touch | None:
    """The best levels of a sound book."""
    if ticks.book is not BookState.OK or ticks.bid is None or ticks.ask is None:
        return None
    (bid, bids), (ask, asks) = ticks.bid, ticks.ask
    found = Touch(float(bid), float(bids), float(ask), float(asks))
    return found if min(found.bid, found.ask) > 0 else None
