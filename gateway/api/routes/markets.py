"""Markets: what may be traded, the last of each, and what the desk makes of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from gateway.api.access import Reader
from gateway.api.lists import listed
from gateway.api.paging import Page, Paged
from gateway.api.problems import missing
from gateway.api.services import Given as Services
from gateway.api.views import Advice, Bar, Instrument, Judged, Row, Ticks

router = APIRouter(tags=["markets"])

Market = Annotated[str, Query(max_length=100, description="venue:symbol, of /v1/instruments.")]
Interval = Annotated[
    str, Query(max_length=8, pattern="^[0-9]{1,3}[a-zA-Z]{1,3}$", description="Of a bar.")
]


@router.get("/instruments", response_model=list[Instrument])
async def instruments(services: Services, who: Reader) -> Any:
    """What may be traded, in which steps."""
    return _latest(services, "instruments")


@router.get("/ticks", response_model=list[Ticks])
async def all_ticks(services: Services, who: Reader) -> Any:
    """The latest of every market that is told of."""
    return _latest(services, "ticks")


@router.get("/ticks/one", response_model=Ticks)
async def ticks(services: Services, who: Reader, market: Market) -> Any:
    """The latest of one market."""
    return _one(services, "ticks", market)


@router.get("/bars", response_model=Page[Bar])
async def bars(
    services: Services, who: Reader, asked: Paged, market: Market, interval: Interval = "1m"
) -> Any:
    """Closed bars, the latest first."""
    rows = _of(services, "bars", market)
    return listed((row for row in rows if row["interval"] == interval), asked, "open_time")


@router.get("/books", response_model=Row)
async def book(
    services: Services, who: Reader, symbol: Annotated[str, Query(max_length=100)]
) -> Any:
    """The consolidated book of a symbol over venues."""
    return _one(services, "books", symbol)


@router.get("/signals", response_model=list[Judged])
async def signals(services: Services, who: Reader) -> Any:
    """The latest signal of every market: indicators, scores, features."""
    return _latest(services, "signals")


@router.get("/signals/one", response_model=Judged)
async def signal(services: Services, who: Reader, market: Market) -> Any:
    """The latest signal of one market."""
    return _one(services, "signals", market)


@router.get("/decisions", response_model=Page[Judged])
async def decisions(services: Services, who: Reader, asked: Paged, market: Market) -> Any:
    """The latest decisions to do something, of each strategy, the latest first."""
    return listed(_of(services, "judgments", market), asked)


@router.get("/decisions/now", response_model=list[Judged])
async def decided(services: Services, who: Reader, market: Market) -> Any:
    """The latest decision of each strategy, whatever it says."""
    return _of(services, "decisions", market)


@router.get("/advice", response_model=Page[Advice])
async def advice(services: Services, who: Reader, asked: Paged, market: Market) -> Any:
    """What advisors that are asked beside the stream have said, the latest first."""
    return listed(_of(services, "advice", market), asked)


def _latest(services: Services, channel: str) -> list[Row]:
    hub = services.live.hub
    return [row for key in hub.keys(channel) for row in hub.items(channel, key).values()]


def _of(services: Services, channel: str, key: str) -> list[Row]:
    """The rows of a market; 404 where there is none of that name."""
    hub = services.live.hub
    if not (hub.items(channel, key) or hub.items("ticks", key) or hub.items("instruments", key)):
        raise missing(f"market {key[:60]}")
    return list(hub.items(channel, key).values())


def _one(services: Services, channel: str, key: str) -> Row:
    found = list(services.live.hub.items(channel, key).values())
    if not found:
        raise missing(f"{channel} of {key[:60]}")
    return found[-1]
