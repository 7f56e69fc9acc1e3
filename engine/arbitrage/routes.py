"""Routes: trades after one another, at the touch, that give back the money that they began with.

    cross       buy at one venue, sell at another (of the same kind of market)
    basis       buy spot and sell the perpetual, or the other way round (which needs coins to sell);
                it ends when the two have met, so both legs are paid for twice
    triangle    three spot markets of one venue: from one money over two others back to it

A leg that buys turns quote into base at (1 - f) / ask, one that sells base into quote at
bid (1 - f), f the taker's fee. The product over the legs less 1 is the edge, gross where f is 0. It
can be had for as much as every touch on the way shows.

Triangles are listed once, all of them: a search for negative cycles (Bellman-Ford) finds that there
is one, of any length, but not each with its size, and would be run anew on every change. What
changes on a touch are the routes through it, a handful.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Literal, NamedTuple

from schemas.record import symbol_of, venue_of

Kind = Literal["cross", "basis", "triangle"]
BASIS = 1e4


@dataclass(frozen=True, slots=True)
class Market:
    """key: `venue:symbol`. fee: the taker's, a share; size: base per contract, 1 of spot."""

    key: str
    fee: float
    size: float = 1.0

    @property
    def venue(self) -> str:
        """Whose it is."""
        return venue_of(self.key)

    @property
    def perpetual(self) -> bool:
        """A contract without an end, that settles in its quote."""
        symbol = symbol_of(self.key)
        return ":" in symbol and symbol.endswith(f":{self.quote}")

    @property
    def spot(self) -> bool:
        """Coins against money."""
        return ":" not in symbol_of(self.key)

    @property
    def base(self) -> str:
        """What is bought."""
        return symbol_of(self.key).partition("/")[0]

    @property
    def quote(self) -> str:
        """What it is paid in."""
        return symbol_of(self.key).partition("/")[2].partition(":")[0]


class Touch(NamedTuple):
    """Best prices, and quantities as the venue has them."""

    bid: float
    bids: float
    ask: float
    asks: float


class Leg(NamedTuple):
    """A trade at the touch."""

    market: Market
    buys: bool

    def __str__(self) -> str:
        return f"{'buy' if self.buys else 'sell'} {self.market.key}"


@dataclass(frozen=True, slots=True)
class Route:
    """legs: in order; twice: fees are paid again on the way out."""

    kind: Kind
    legs: tuple[Leg, ...]
    twice: bool = False

    def __str__(self) -> str:
        return ", ".join(map(str, self.legs))


class Edge(NamedTuple):
    """Basis points before and after fees; size: of the money that it begins with, at the touch."""

    gross: float
    net: float
    size: float


def edge(route: Route, touches: Mapping[str, Touch]) -> Edge | None:
    """What a route leaves now; None where a touch is missing."""
    rate = paid = 1.0
    size = float("inf")
    for market, buys in route.legs:
        touch = touches.get(market.key)
        if touch is None:
            return None
        room = touch.ask * touch.asks * market.size if buys else touch.bids * market.size
        size = min(size, room / rate)
        rate *= 1 / touch.ask if buys else touch.bid
        paid *= (1 - market.fee) ** (2 if route.twice else 1)
    return Edge((rate - 1) * BASIS, (rate * paid - 1) * BASIS, size)


def routes(markets: Iterable[Market]) -> tuple[Route, ...]:
    """All routes over these markets."""
    given = sorted(markets, key=lambda each: each.key)
    return (*_cross(given), *_basis(given), *_triangles(given))


def _cross(markets: list[Market]) -> Iterator[Route]:
    for one, other in permutations(markets, 2):
        same = symbol_of(one.key) == symbol_of(other.key) and (one.spot or one.perpetual)
        if same and one.venue != other.venue:
            yield Route("cross", (Leg(one, True), Leg(other, False)))


def _basis(markets: list[Market]) -> Iterator[Route]:
    for spot in filter(lambda each: each.spot, markets):
        for contract in filter(lambda each: each.perpetual, markets):
            if (spot.base, spot.quote) == (contract.base, contract.quote):
                yield Route("basis", (Leg(spot, True), Leg(contract, False)), True)
                yield Route("basis", (Leg(contract, True), Leg(spot, False)), True)


def _triangles(markets: list[Market]) -> Iterator[Route]:
    """Each cycle of three moneys once, from the one whose name is least of those it pays with."""
    steps = [Leg(each, buys) for each in markets if each.spot for buys in (True, False)]
    after: dict[tuple[str, str], list[Leg]] = {}
    for step in steps:
        after.setdefault((step.market.venue, _gives(step)), []).append(step)
    for one in steps:
        venue, start = one.market.venue, _gives(one)
        for two in after.get((venue, _takes(one)), ()):
            for three in after.get((venue, _takes(two)), ()):
                moneys = {start, _takes(one), _takes(two)}
                if _takes(three) == start == min(moneys) and len(moneys) == 3:
                    yield Route("triangle", (one, two, three))


def _gives(leg: Leg) -> str:
    return leg.market.quote if leg.buys else leg.market.base


def _takes(leg: Leg) -> str:
    return leg.market.base if leg.buys else leg.market.quote
