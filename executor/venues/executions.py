"""All pages of an account's executions.

A page goes on from the last time of the one before, which is asked for again. What a venue has in
one millisecond beyond a whole page (1,000 at Binance, 100 elsewhere) is passed over.
"""

from __future__ import annotations

from typing import Any

from executor.venues.abilities import KINDS
from executor.venues.catalogue import Row

DAY = 86_400_000
HISTORY = 90 * DAY
"""How far back executions are asked for, ms: most venues have them no longer."""
AHEAD = 60_000
"""How far ahead executions are asked for, ms: the venue's clock may have been before ours."""
Trade = dict[str, Any]


def span(row: Row, client: Any) -> int | None:
    """Milliseconds that one question may be about, None for any."""
    found: Any = client.features or {}
    for name in (*KINDS[row.market], "fetchMyTrades"):
        found = (found or {}).get(name)
    days = (found or {}).get("untilDays")
    return int(days) * DAY if days else None


async def every(row: Row, client: Any, symbol: str, since: int) -> list[Trade]:
    """Executions at and after `since` (ms; HISTORY at most), in no order, each once."""
    found: dict[str, Trade] = {}
    width, now = span(row, client), client.milliseconds() + AHEAD
    start = max(since, now - HISTORY)
    while start <= now:
        end = now if width is None else min(now, start + width - 1)
        turn = forward if row.pages == "first" else backward
        await turn(row, client, symbol, (start, end), found)
        start = end + 1
    return list(found.values())


async def forward(
    row: Row, client: Any, symbol: str, times: tuple[int, int], found: dict[str, Trade]
) -> None:
    """A page has the oldest of the times that are asked for."""
    start, end = times
    while start <= end:
        page = await client.fetch_my_trades(symbol, start, row.page, {"until": end})
        fresh = taken(page, found)
        if len(page) < row.page:
            return
        start = max(each["timestamp"] for each in page) + (0 if fresh else 1)


async def backward(
    row: Row, client: Any, symbol: str, times: tuple[int, int], found: dict[str, Trade]
) -> None:
    """A page has the latest."""
    start, end = times
    while start <= end:
        page = await client.fetch_my_trades(symbol, start, row.page, {"until": end})
        fresh = taken(page, found)
        if len(page) < row.page:
            return
        end = min(each["timestamp"] for each in page) - (0 if fresh else 1)


def taken(page: list[Trade], found: dict[str, Trade]) -> int:
    """How many of a page were not known; both sides of a trade with oneself count."""
    before = len(found)
    found.update({f"{each['id']} {each['order']}": each for each in page})
    return len(found) - before
