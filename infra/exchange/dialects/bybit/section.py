"""Bybit's linear perpetuals: a house, its ledger, its limits, its tables of what may be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from infra.exchange.clock import Clock
from infra.exchange.dialects.bybit.errors import wrong
from infra.exchange.dialects.bybit.ledger import Ledger
from infra.exchange.dialects.bybit.limits import Limits, Usage
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.house import House
from infra.exchange.listing import Market

LINEAR = "linear"
CATEGORIES = (LINEAR, "inverse", "spot", "option")


@dataclass(slots=True)
class Section:
    """What the endpoints share."""

    house: House
    limits: Limits = field(default_factory=Limits)
    usage: Usage = field(init=False)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.usage = Usage(self.clock, self.limits)
        self.ledger = Ledger(self.house)

    @property
    def clock(self) -> Clock:
        """The venue's time."""
        return self.house.clock

    def market(self, request: Request) -> Market:
        """The market of the mandatory symbol."""
        found = self.house.listing.named(request.text("symbol"))
        if found is None:
            raise wrong("Not supported symbols")
        return found

    def markets(self, request: Request, named: bool = False) -> tuple[Market, ...]:
        """Those of symbol, baseCoin or settleCoin; named: one of the three must be sent.

        None of a category that Bybit has and this exchange has not.
        """
        if category(request) != LINEAR:
            return ()
        if request.has("symbol"):
            return (self.market(request),)
        base, settle = request.text("baseCoin", ""), request.text("settleCoin", "")
        if named and not base and not settle:
            raise wrong("Missing some parameters that must be filled in, symbol or settleCoin")
        return tuple(
            market
            for market in self.house.listing.markets
            if base in ("", market.base) and settle in ("", market.settle)
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A result with its retExtInfo."""

    result: dict[str, Any]
    extra: dict[str, Any]


Act = Callable[[Section, Request], "dict[str, Any] | Answer"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers a request; gives a result or raises Refusal.

    most: requests a second of an account, 0 of a public endpoint; batch: it counts its orders.
    """

    act: Act
    most: int = 0
    batch: bool = False

    @property
    def private(self) -> bool:
        """Whether it wants a signature."""
        return self.most > 0


Table = dict[tuple[str, str], Endpoint]
"""By HTTP method and path."""


def category(request: Request) -> str:
    """The mandatory category, one of Bybit's."""
    found = request.text("category")
    if found not in CATEGORIES:
        raise wrong("params error: Category is invalid")
    return found


def linear(request: Request) -> None:
    """Refuse categories that this exchange has no market of."""
    if category(request) != LINEAR:
        raise wrong("Illegal category")


def milliseconds(nanoseconds: int) -> int:
    """A time as Bybit tells it."""
    return nanoseconds // 1_000_000


def page(
    request: Request, rows: Iterable[Any], key: Callable[[Any], int], usual: int, most: int
) -> tuple[list[Any], str]:
    """Of rows from the highest key down, those below the cursor, at most `limit`; the next cursor,
    "" where no more follow."""
    limit = request.whole("limit", usual)
    if not 1 <= limit <= most:
        raise wrong(f"params error: limit should be between 1 and {most}")
    cursor = request.whole("cursor", 0)
    found = [row for row in rows if not cursor or key(row) < cursor]
    kept = found[:limit]
    return kept, str(key(kept[-1])) if len(found) > limit else ""


def span(request: Request, longest: int) -> range:
    """Milliseconds from startTime to endTime, which are at most so many apart."""
    start, end = request.whole("startTime", 0), request.whole("endTime", 1 << 60)
    if request.has("startTime") and request.has("endTime") and not 0 <= end - start <= longest:
        raise wrong("The time range between startTime and endTime cannot exceed 7 days")
    return range(start, end + 1)
