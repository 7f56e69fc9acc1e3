"""Asking for an order by our name: where a venue is to be asked, one question after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from executor.venues.catalogue import Look

Raw = dict[str, Any]


async def ask(
    client: Any, symbol: str, look: Look, text: str, ours: Callable[[Raw], bool]
) -> Raw | None:
    """The latest order whose client order id is `text`. None, or ccxt's OrderNotFound: none there.

    ours: whether an order of a list is that one. Raises ccxt's errors.
    """
    params = {**({look.by: text} if look.by else {}), **look.more}
    if look.method == "fetch_order":
        found: Raw = await client.fetch_order(None, symbol, params)
        made = made_by(found) if look.more else None
        return found if made is None else await made_order(client, symbol, made, text)
    rows = await getattr(client, look.method)(symbol, None, None, params)
    found_here = [each for each in rows if ours(each)]
    return max(found_here, key=lambda each: int(each.get("timestamp") or 0), default=None)


def made_by(found: Raw) -> str | None:
    """The number of the order that OKX has made of one whose trigger was met."""
    info = found.get("info") or {}
    effective = isinstance(info, dict) and info.get("state") in ("effective", "partially_effective")
    return (info.get("ordId") or None) if effective else None


async def made_order(client: Any, symbol: str, number: str, text: str) -> Raw:
    """That order, with the name of the one that waited."""
    found: Raw = await client.fetch_order(number, symbol)
    return {**found, "clientOrderId": text}
