"""One of Binance's sections: a house, its limits and its tables of what may be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from infra.exchange.clock import Clock
from infra.exchange.dialects.binance.errors import Code, Refusal, refused
from infra.exchange.dialects.binance.listening import ListenKeys
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.weights import Limits, Weights
from infra.exchange.house import House
from infra.exchange.listing import Market
from infra.exchange.orders import Order


class Security(Enum):
    """What a request must bring: nothing, an API key, or a signature too."""

    NONE = 0
    KEY = 1
    SIGNED = 2


@dataclass(slots=True)
class Section:
    """What the endpoints of a section share."""

    house: House
    limits: Limits = field(default_factory=Limits)
    over_window: Code = Code.INVALID_PARAMETER
    """The code of a recvWindow that is too large."""
    weights: Weights = field(init=False)
    listens: ListenKeys = field(init=False)

    def __post_init__(self) -> None:
        self.weights = Weights(self.clock, self.limits)
        self.listens = ListenKeys(self.clock)

    @property
    def clock(self) -> Clock:
        """The venue's time."""
        return self.house.clock

    def market(self, request: Request) -> Market:
        """The market of the mandatory symbol."""
        found = self.house.listing.named(request.text("symbol"))
        if found is None:
            raise refused(Code.BAD_SYMBOL)
        return found

    def markets(self, request: Request) -> tuple[Market, ...]:
        """The market of a symbol, or all where none is named."""
        return (self.market(request),) if request.has("symbol") else self.house.listing.markets

    def order(self, request: Request, missing: Code = Code.NO_SUCH_ORDER) -> Order:
        """The order of orderId, else the last of origClientOrderId."""
        market, account = self.market(request), request.owner
        found: Order | None
        if request.has("orderId"):
            number = request.whole("orderId")
            found = account.order(number)
        elif request.has("origClientOrderId"):
            found = account.called(market.number, request.text("origClientOrderId"))
        else:
            raise Refusal(
                Code.MANDATORY_PARAM,
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
            )
        if found is None or found.market is not market:
            raise refused(missing)
        return found


Act = Callable[[Section, Request], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers a request; gives JSON or raises Refusal. orders: new ones it counts as."""

    act: Act
    security: Security = Security.NONE
    weight: int = 1
    orders: int = 0


Table = dict[tuple[str, str], Endpoint]
"""By HTTP method and path."""


def milliseconds(nanoseconds: int) -> int:
    """A time as Binance tells it."""
    return nanoseconds // 1_000_000


def within(request: Request, times: Callable[[Any], int], found: list[Any], most: int) -> list[Any]:
    """Of rows by time, those from startTime to endTime: the first of them, or, where no start is
    named, the last; at most `limit`, or `most`."""
    limit = min(max(request.whole("limit", min(500, most)), 1), most)
    start, end = request.whole("startTime", -1), request.whole("endTime", -1)
    kept = [
        row
        for row in found
        if (start < 0 or times(row) >= start) and (end < 0 or times(row) <= end)
    ]
    return kept[:limit] if start >= 0 else kept[-limit:]
