"""What the endpoints of the section share: the house, its limits, markets and orders by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from infra.exchange.accounts import Account
from infra.exchange.clock import Clock
from infra.exchange.dialects.okx import listed
from infra.exchange.dialects.okx.errors import Code, Refusal, wrong
from infra.exchange.dialects.okx.limits import Limits
from infra.exchange.dialects.okx.request import Request
from infra.exchange.house import House
from infra.exchange.listing import Market
from infra.exchange.orders import Order

TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
SWAP = "SWAP"
CODES = 10_000
"""instIdCode of the first market; the local exchange's own."""


@dataclass(slots=True)
class Section:
    """The house and what is kept beside it."""

    house: House
    limits: Limits = field(init=False)
    levers: dict[str, int] = field(default_factory=listed.most_leverage)
    since: dict[str, str] = field(default_factory=listed.listed_since)

    def __post_init__(self) -> None:
        self.limits = Limits(self.clock)

    @property
    def clock(self) -> Clock:
        """The venue's time."""
        return self.house.clock

    def named(self, name: str) -> Market:
        """The market of an instId."""
        found = self.house.listing.named(name)
        if found is None:
            raise Refusal(Code.INSTRUMENT)
        return found

    def market(self, request: Request) -> Market:
        """The market of the mandatory instId, or of its code."""
        if not request.has("instId") and request.has("instIdCode"):
            number = request.whole("instIdCode", 0) - CODES
            if not 0 <= number < len(self.house.listing.markets):
                raise Refusal(Code.INSTRUMENT)
            return self.house.listing.markets[number]
        return self.named(request.text("instId"))

    def markets(self, request: Request) -> list[Market]:
        """The markets of an optional instType, of instId (which may be several) or instFamily."""
        kind = request.choice("instType", TYPES, SWAP)
        found: Iterable[Market] = self.house.listing.markets if kind == SWAP else ()
        if request.has("instId"):
            named = [self.named(name) for name in request.text("instId").split(",")]
            if kind != SWAP:
                raise Refusal(Code.INSTRUMENT_TYPE)
            return named
        family = request.params.get("instFamily") or request.params.get("uly") or ""
        return [market for market in found if family in ("", family_of(market))]

    def order(self, request: Request, missing: Code) -> Order:
        """The order of ordId, else the last of clOrdId."""
        market, account = self.market(request), request.owner
        if request.has("ordId"):
            number = request.whole("ordId", 0)
            found = account.order(number)
        elif request.has("clOrdId"):
            found = account.called(market.number, request.client())
        else:
            raise Refusal(Code.EITHER_ID)
        if found is None or found.market is not market:
            raise Refusal(missing)
        return found


Act = Callable[[Section, Request], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers a request with rows, or raises Refusal. most: in two seconds.

    signed: whether it is an account's; orders: whether it counts orders, each of a batch.
    """

    act: Act
    most: int = 20
    signed: bool = False
    orders: bool = False


Table = dict[tuple[str, str], Endpoint]
"""By HTTP method and path below /api/v5."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of each order of a command: rows with sCode and sMsg."""

    rows: list[dict[str, str]]

    def code(self) -> str:
        """0 where all went well, 1 where nothing did, else 2."""
        failed = sum(row["sCode"] != "0" for row in self.rows)
        if not failed:
            return "0"
        return "1" if failed == len(self.rows) else "2"

    def message(self) -> str:
        """In words."""
        return {"0": "", "1": "All operations failed", "2": "Bulk operation partially succeeded."}[
            self.code()
        ]


def family_of(market: Market) -> str:
    """BTC-USDT."""
    return market.name.removesuffix(listed.SUFFIX)


def code_of(market: Market) -> int:
    """instIdCode."""
    return CODES + market.number


def milliseconds(nanoseconds: int) -> str:
    """A time as OKX tells it."""
    return str(nanoseconds // 1_000_000)


def uid(account: Account) -> str:
    """A user's number."""
    return str(10**17 + account.number)


def page(
    request: Request, rows: list[Any], mark: Callable[[Any], int], at: Callable[[Any], int]
) -> list[Any]:
    """Of rows, oldest first, a page newest first: of ids older than `after`, newer than `before`,
    at times (ns) from `begin` to `end` (ms), `limit` of them, at most 100."""
    after, before = request.whole("after", 1 << 63), request.whole("before", -1)
    begin, end = request.whole("begin", 0), request.whole("end", 1 << 62)
    limit = request.whole("limit", 100)
    if not 1 <= limit <= 100:
        raise wrong("limit")
    kept = [
        row for row in rows if before < mark(row) < after and begin <= at(row) // 1_000_000 <= end
    ]
    return kept[::-1][:limit]
